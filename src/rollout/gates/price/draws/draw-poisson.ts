import { drawNormal } from '../draw-binomial.ts'

/** Below so many expected events, the normal distribution is too coarse. */
const fewEvents = 30

/** Draws how many events come where `mean` are expected. Exact for few, and by the normal distribution for many. */
export function drawPoisson(mean: number, random: () => number): number {
  if (mean > fewEvents) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)))
  let events = 0
  // The times between events are exponential.
  let at = -Math.log1p(-random())
  while (at < mean) {
    events += 1
    at -= Math.log1p(-random())
  }
  return events
}
