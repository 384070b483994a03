import type { Clock } from '../clock.ts'

/** A time in which counts are kept, beside the wall clock's time, in which they are asked for. */
export interface Timeline {
  /** When it was so late by the wall clock. */
  at(wallMs: number): number
  /** How late it was then by the wall clock. */
  wallAt(steadyMs: number): number
  /** How late it was then by the wall clock as it goes now. So it tells how long ago that was. */
  correctedAt(steadyMs: number): number
}

/** For a wall clock that never jumps. */
export const wallTime: Timeline = {
  at: (wallMs) => wallMs,
  wallAt: (steadyMs) => steadyMs,
  correctedAt: (steadyMs) => steadyMs,
}

/** The wall clock is not counted as changed below this: numbers are not kept any finer. */
const jumpMs = 250
/** A clock that jumps more often is known for its last jumps only. */
const mostStretches = 64
/** How far another machine's clock may be ahead. Nothing is placed further in the future. */
const mostAheadMs = 5000

interface Stretch {
  readonly sinceMs: number
  /** How far the wall clock was ahead of the steady time. */
  readonly aheadMs: number
}

/**
 * Goes on evenly, by the monotonic clock, while the wall clock may be set ahead and back. It begins with the wall
 * clock's time, so the two are the same until the first jump. It remembers how the wall clock went, and so finds the
 * moment that a time of then means.
 *
 * A wall time may have come twice. Then the later moment is meant, because an interval must not begin before the
 * step that it judges. A wall time that was skipped means the moment of the jump. A jump is noticed at the next look,
 * and is taken to have come right after the look before it, because nothing was counted in between.
 */
export class SteadyTime implements Timeline {
  readonly #clock: Clock
  readonly #aheadOfMonotonicMs: number
  readonly #stretches: Stretch[]
  #lookedMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    const nowMs = clock.now()
    this.#aheadOfMonotonicMs = nowMs - clock.monotonic()
    this.#stretches = [{ sinceMs: nowMs, aheadMs: 0 }]
    this.#lookedMs = nowMs
  }

  now(): number {
    const nowMs = this.#clock.monotonic() + this.#aheadOfMonotonicMs
    const aheadMs = Math.round(this.#clock.now() - nowMs)
    if (Math.abs(aheadMs - this.#newest.aheadMs) >= jumpMs) {
      this.#stretches.push({ sinceMs: this.#lookedMs, aheadMs })
      if (this.#stretches.length > mostStretches) this.#stretches.shift()
    }
    this.#lookedMs = nowMs
    return nowMs
  }

  at(wallMs: number): number {
    const nowMs = this.now()
    const latestMs = nowMs + mostAheadMs
    const meant = this.#within(wallMs, latestMs) ?? this.#after(wallMs) ?? wallMs - this.#newest.aheadMs
    return Math.min(meant, latestMs)
  }

  wallAt(steadyMs: number): number {
    this.now()
    const stretch = this.#stretches.findLast(({ sinceMs }) => sinceMs <= steadyMs) ?? this.#newest
    const wallMs = steadyMs + stretch.aheadMs
    return wallMs > this.#clock.now() ? this.correctedAt(steadyMs) : wallMs
  }

  correctedAt(steadyMs: number): number {
    this.now()
    return steadyMs + this.#newest.aheadMs
  }

  /** The latest moment at which it was so late. */
  #within(wallMs: number, endMs: number): number | undefined {
    let untilMs = endMs
    for (let place = this.#stretches.length - 1; place >= 0; place -= 1) {
      const { sinceMs, aheadMs } = this.#stretches[place] as Stretch
      const steadyMs = wallMs - aheadMs
      if (steadyMs >= sinceMs && steadyMs <= untilMs) return steadyMs
      untilMs = sinceMs
    }
    return undefined
  }

  /** The moment at which a jump skipped this time, or a moment to come. */
  #after(wallMs: number): number | undefined {
    let untilMs = Number.POSITIVE_INFINITY
    for (const { sinceMs, aheadMs } of this.#stretches.toReversed()) {
      if (wallMs - aheadMs >= sinceMs) return Math.min(wallMs - aheadMs, untilMs)
      untilMs = sinceMs
    }
    return undefined
  }

  get #newest(): Stretch {
    return this.#stretches[this.#stretches.length - 1] as Stretch
  }
}
