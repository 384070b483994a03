import type { Clock } from '../clock.ts'

/** One instant on both clocks. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonic(), wallMs: clock.now() }
}

/**
 * What is left of `lifeMs` since a moment, by the clock that shows less. The monotonic one may stand still while the
 * machine sleeps, the wall clock may be set back; a wall clock set forward ends a life early, which harms nobody. The
 * store's own time is not used, because its clock may differ from ours.
 */
export function remainingMs(clock: Clock, since: Moment, lifeMs: number): number {
  const passedMs = Math.max(clock.monotonic() - since.monotonicMs, clock.now() - since.wallMs)
  return Math.max(0, lifeMs - passedMs)
}
