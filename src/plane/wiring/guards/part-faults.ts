import type { Clock, Timer } from '../../../clock.ts'

/** A timer may run this much too early: Node counts whole milliseconds. */
const earlyMs = 1

/** Failures in a row that make a fault. */
const mostFailures = 3

interface Failures {
  inARow: number
  fault: { readonly error: unknown; readonly atMs: number; readonly staleAtMs: number } | undefined
}

export interface PartFailure {
  readonly error: unknown
  /** Whether it is a fault at once. Otherwise it is one when it is the third failure in a row. */
  readonly atOnce: boolean
  /** After so many milliseconds without another failure, nobody knows whether the fault still exists. */
  readonly staleAfterMs: number
}

/** What hinders one part now. Each sort of call has a fault of its own: a full store may still read. */
export class PartFaults {
  readonly #clock: Clock
  readonly #changed: (began: boolean, error: unknown) => void
  /** By sort of call; the sorts are fixed. */
  readonly #sorts = new Map<string, Failures>()
  #timer: Timer | undefined
  #failing = false
  #closed = false

  /**
   * `changed` is called when the first fault begins, and when a success has ended the last one, each time with
   * the error. A fault that becomes stale ends silently, because nothing shows that the part works again.
   */
  constructor(clock: Clock, changed: (began: boolean, error: unknown) => void) {
    this.#clock = clock
    this.#changed = changed
  }

  /** The newest error that hinders the part. */
  get newest(): unknown {
    let newest: Failures['fault']
    for (const { fault } of this.#sorts.values()) {
      if (fault !== undefined && (newest === undefined || fault.atMs >= newest.atMs)) newest = fault
    }
    return newest?.error
  }

  failed(sort: string, { error, atOnce, staleAfterMs }: PartFailure): void {
    if (this.#closed) return
    let known = this.#sorts.get(sort)
    if (known === undefined) {
      known = { inARow: 0, fault: undefined }
      this.#sorts.set(sort, known)
    }
    known.inARow += 1
    if (!atOnce && known.inARow < mostFailures && known.fault === undefined) return
    const atMs = this.#clock.monotonic()
    known.fault = { error, atMs, staleAtMs: atMs + staleAfterMs }
    this.#awaitStale(atMs)
    if (this.#failing) return
    this.#failing = true
    this.#changed(true, error)
  }

  /** Whether a fault of this sort has ended by it. */
  answered(sort: string): boolean {
    const known = this.#sorts.get(sort)
    if (known === undefined || known.inARow === 0) return false
    known.inARow = 0
    const ended = known.fault
    known.fault = undefined
    if (ended !== undefined) this.#endedWith(ended.error)
    return ended !== undefined
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #awaitStale(nowMs: number): void {
    this.#timer?.cancel()
    let firstMs = Infinity
    for (const { fault } of this.#sorts.values()) {
      if (fault !== undefined) firstMs = Math.min(firstMs, fault.staleAtMs)
    }
    if (firstMs < Infinity) this.#timer = this.#clock.schedule(firstMs - nowMs, () => this.#forgetStale())
  }

  #forgetStale(): void {
    const nowMs = this.#clock.monotonic()
    for (const known of this.#sorts.values()) {
      if (known.fault === undefined || known.fault.staleAtMs > nowMs + earlyMs) continue
      known.fault = undefined
      known.inARow = 0
    }
    if (this.newest === undefined) this.#failing = false
    this.#awaitStale(nowMs)
  }

  #endedWith(error: unknown): void {
    if (!this.#failing || this.newest !== undefined) return
    this.#failing = false
    this.#timer?.cancel()
    this.#changed(false, error)
  }
}
