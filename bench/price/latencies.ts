import { seededRandom } from '../../src/clock.ts'
import type { Sample } from '../../src/rollout/gates/evidence/sample.ts'
import { drawBinomial, drawNormal } from '../../src/rollout/gates/price/draw-binomial.ts'
import { cellOf, histogramBounds, histogramCells } from '../../src/windows/histogram.ts'
import { type Arms, lastHour, samplesAt, type Trial, tried } from './trial.ts'

/** So many deviations above the median lies the 95th percentile. */
const upperNormal = 1.6449
const quantile = 0.95

interface Setting {
  /** The stable revision's 95th percentile, and how much longer the candidate's is, in milliseconds. */
  readonly p95: number
  readonly rise: number
  /** Of the logarithms of latencies. */
  readonly deviation: number
  /** The candidate's percent of traffic. */
  readonly weight: number
  readonly perMinute: number
}

const settings: readonly Setting[] = [
  { p95: 200, rise: 60, deviation: 0.5, weight: 50, perMinute: 600 },
  { p95: 200, rise: 60, deviation: 0.5, weight: 10, perMinute: 1200 },
  { p95: 200, rise: 200, deviation: 0.5, weight: 5, perMinute: 300 },
  { p95: 800, rise: 400, deviation: 1, weight: 25, perMinute: 300 },
  { p95: 3000, rise: 600, deviation: 0.3, weight: 20, perMinute: 600 },
  { p95: 120, rise: 18, deviation: 0.5, weight: 50, perMinute: 3000 },
]

/** Gates on the 95th percentile of log-normal latencies, in the cells of the plane's own metric. */
export const latencyTrials: readonly Trial[] = settings.map((setting) => {
  const { p95, rise, deviation, weight, perMinute } = setting
  const empty = Array.from({ length: histogramCells }, () => 0)
  const more = (counts: readonly number[], centre: number, count: number, random: () => number): number[] => {
    const grown = [...counts]
    for (let each = 0; each < count; each += 1) {
      const cell = cellOf(centre * Math.exp(deviation * (drawNormal(random) - upperNormal)))
      grown[cell] = (grown[cell] as number) + 1
    }
    return grown
  }
  return {
    what: `p95 of latency, ${p95} + ${rise} ms at weight ${weight}, ${perMinute}/min`,
    gate: { ...tried, name: 'latency', metric: 'requests.latency.p95', detect: rise },
    weight,
    lately: {
      kind: 'histogram',
      quantile,
      bounds: histogramBounds,
      counts: more(empty, p95, 60 * perMinute, seededRandom(p95 + rise + weight)),
      covered: lastHour,
    },
    start: (): Arms => ({ candidate: cells(empty), stable: cells(empty) }),
    next({ candidate, stable }, promised, look, looks, random): Arms {
      const come = samplesAt(promised, look, looks)
      const given = drawBinomial(come, weight / 100, random)
      return {
        candidate: cells(more(countsOf(candidate), p95 + rise, given, random)),
        stable: cells(more(countsOf(stable), p95, come - given, random)),
      }
    },
  }
})

function cells(counts: readonly number[]): Sample {
  return { kind: 'cells', quantile, bounds: histogramBounds, counts }
}

function countsOf(sample: Sample): readonly number[] {
  return sample.kind === 'cells' ? sample.counts : []
}
