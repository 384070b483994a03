import type { Sample } from '../../evidence/sample.ts'
import { drawPoisson } from './draw-poisson.ts'
import { closely, type Draws, type MadeUp } from './draws.ts'

type Events = Extract<Sample, { kind: 'events' }>

/**
 * Events within a time, as in a process of Poisson. A revision that is worse has more of them a second. What counts is
 * time, and not how many come. Two revisions share it as they share the traffic, since their rates are those of all of it.
 */
export function eventsDraws({ events, exposureMs }: Events): Draws<Events> {
  return {
    stable: (events * 1000) / exposureMs,
    most: Number.POSITIVE_INFINITY,
    counts: 'seconds',
    pace: closely,
    revision: withRate,
    divide: (seconds, share) => seconds * share,
  }
}

function withRate(rate: number): MadeUp<Events> {
  return {
    expected: (seconds) => ({ kind: 'events', events: rate * seconds, exposureMs: 1000 * seconds }),
    more: (sample, seconds, random) => ({
      ...sample,
      events: sample.events + drawPoisson(rate * seconds, random),
      exposureMs: sample.exposureMs + 1000 * seconds,
    }),
    isEnough: ({ exposureMs }) => exposureMs > 0,
  }
}
