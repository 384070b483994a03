import type { Sample } from '../../src/rollout/gates/evidence/sample.ts'
import { drawPoisson } from '../../src/rollout/gates/price/draws/draw-poisson.ts'
import { type Arms, lastHour, type Trial, tried } from './trial.ts'

/** Events a minute of the stable revision, how many more all traffic would give with the candidate, and its percent of traffic. */
const settings: readonly (readonly [perMinute: number, rise: number, weight: number])[] = [
  [1, 3, 10],
  [6, 6, 50],
  [30, 30, 5],
  [60, 20, 25],
  [300, 60, 50],
]

/** Gates on events within a time. The rates are those of all traffic. */
export const crashTrials: readonly Trial[] = settings.map(([perMinute, rise, weight]) => ({
  what: `events, ${perMinute} + ${rise} a minute at weight ${weight}`,
  gate: { ...tried, name: 'crashes', metric: 'shop.crashes', detect: rise / 60 },
  weight,
  lately: { kind: 'events', events: 60 * perMinute, exposureMs: 3_600_000, covered: lastHour },
  start: (): Arms => ({ candidate: counted(0, 0), stable: counted(0, 0) }),
  next({ candidate, stable }, { minutes }, _look, looks, random): Arms {
    const share = weight / 100
    const [ours, theirs] = [(minutes / looks) * share, (minutes / looks) * (1 - share)]
    return {
      candidate: withMore(candidate, drawPoisson((perMinute + rise) * ours, random), ours),
      stable: withMore(stable, drawPoisson(perMinute * theirs, random), theirs),
    }
  },
}))

function counted(events: number, minutes: number): Sample {
  return { kind: 'events', events, exposureMs: 60_000 * minutes }
}

function withMore(sample: Sample, events: number, minutes: number): Sample {
  return sample.kind === 'events'
    ? counted(sample.events + events, sample.exposureMs / 60_000 + minutes)
    : sample
}
