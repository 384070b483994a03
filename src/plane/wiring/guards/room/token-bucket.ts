import type { Clock, Timer } from '../../../../clock.ts'
import { type Priority, priorities } from '../../../../reconcile/priority.ts'
import { burstOf, type Rate } from '../../../rates.ts'

/**
 * Counts the calls of one vendor's API: it fills by so many tokens a second, up to the burst, and each call takes
 * one. A part of the burst is kept for what people asked for, so that the loop's own looks leave something.
 */
export class TokenBucket {
  readonly #clock: Clock
  readonly #perMs: number
  readonly #burst: number
  /** What the loop's own calls leave. None when the burst is one token: then they could never be made. */
  readonly #kept: number
  /** Below 0 when more calls were made than there were tokens. Then the others wait longer. */
  #tokens: number
  #atMs: number

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock
    this.#perMs = rate.perSecond / 1000
    this.#burst = burstOf(rate)
    this.#kept = this.#burst === 1 ? 0 : Math.max(1, Math.floor(this.#burst / 4))
    this.#tokens = this.#burst
    this.#atMs = clock.monotonic()
  }

  /** Whether a call of this priority may be made now. Then its token is taken. */
  take(priority: Priority): boolean {
    this.#fill()
    if (this.#tokens < this.#needed(priority)) return false
    this.#tokens -= 1
    return true
  }

  /** Takes a token for a call that is made at once, whether there is one or not. */
  owe(): void {
    this.#fill()
    this.#tokens -= 1
  }

  /** The same for the call of a person, however many there are: the loop comes to its turn a burst later. */
  oweAtMost(): void {
    this.#fill()
    this.#tokens = Math.max(-this.#burst, this.#tokens - 1)
  }

  /** Gives back a token that was not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + 1)
  }

  /** Calls `run` when a call of this priority may be made, if nobody else takes the token before. */
  whenReady(priority: Priority, run: () => void): Timer {
    this.#fill()
    const waitMs = (this.#needed(priority) - this.#tokens) / this.#perMs
    // Whole milliseconds, so that rounding never wakes it a moment too early.
    return this.#clock.schedule(Math.max(1, Math.ceil(waitMs)), run)
  }

  #needed(priority: Priority): number {
    // Sums of many small parts may miss the whole by a hair.
    return 1 + (priority === priorities.user ? 0 : this.#kept) - 1e-9
  }

  #fill(): void {
    const nowMs = this.#clock.monotonic()
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
    this.#atMs = nowMs
  }
}
