import type { Sample } from '../../src/rollout/gates/evidence/sample.ts'
import { drawBinomial } from '../../src/rollout/gates/price/draw-binomial.ts'
import { type Arms, lastHour, percent, samplesAt, type Trial, tried } from './trial.ts'

/** The stable revision's error rate, how much worse the candidate is, its percent of traffic, and requests a minute. */
const settings: readonly (readonly [base: number, rise: number, weight: number, perMinute: number])[] = [
  [0.001, 0.005, 5, 6000],
  [0.001, 0.005, 50, 600],
  [0.001, 0.01, 10, 1200],
  [0.001, 0.02, 25, 60],
  [0.005, 0.005, 50, 3000],
  [0.005, 0.01, 20, 600],
  [0.005, 0.03, 5, 600],
  [0.01, 0.02, 5, 3000],
  [0.01, 0.02, 50, 60],
  [0.01, 0.04, 10, 300],
  [0.01, 0.01, 50, 6000],
  [0.03, 0.03, 25, 600],
  [0.03, 0.02, 50, 1200],
  [0.05, 0.02, 50, 600],
  [0.05, 0.05, 10, 300],
  [0.1, 0.05, 25, 60],
  [0.1, 0.1, 5, 120],
  [0.2, 0.05, 50, 600],
  [0.3, 0.1, 20, 60],
  [0.3, 0.05, 50, 1200],
]

/** Gates on the share of failed requests. */
export const errorTrials: readonly Trial[] = settings.map(([base, rise, weight, perMinute]) => ({
  what: `errors, ${percent(base)} + ${percent(rise)} at weight ${weight}, ${perMinute}/min`,
  gate: { ...tried, name: 'errors', metric: 'requests.errors', detect: rise },
  weight,
  lately: {
    kind: 'ratio',
    hits: Math.round(base * 60 * perMinute),
    total: 60 * perMinute,
    covered: lastHour,
  },
  start: (): Arms => ({ candidate: counted(0, 0), stable: counted(0, 0) }),
  next({ candidate, stable }, promised, look, looks, random): Arms {
    const more = samplesAt(promised, look, looks)
    const given = drawBinomial(more, weight / 100, random)
    const ours = drawBinomial(given, base + rise, random)
    const theirs = drawBinomial(more - given, base, random)
    return { candidate: withMore(candidate, ours, given), stable: withMore(stable, theirs, more - given) }
  },
}))

function counted(bad: number, total: number): Sample {
  return { kind: 'proportion', bad, total }
}

function withMore(sample: Sample, bad: number, total: number): Sample {
  return sample.kind === 'proportion' ? counted(sample.bad + bad, sample.total + total) : sample
}
