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
 * The part of `lifeMs` that is left since a moment, by the clock that shows less. The monotonic clock may
 * stand still while the machine sleeps, and the wall clock may be set back. A wall clock that is set forward
 * ends a life early, which does no harm. The store's own time is not used, because its clock may differ from
 * this machine's.
 */
export function remainingMs(clock: Clock, since: Moment, lifeMs: number): number {
  const passedMs = Math.max(clock.monotonic() - since.monotonicMs, clock.now() - since.wallMs)
  return Math.max(0, lifeMs - passedMs)
}
