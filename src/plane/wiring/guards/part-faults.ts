import type { Clock, Timer } from '../../../clock.ts'

/**
 * After this time a fault counts as over. A call that fails is tried again within a minute, so a fault that
 * still exists is noted again before.
 */
const staleAfterMs = 120_000

/** Failures in a row that make a fault. */
const mostFailures = 3

interface Failures {
  inARow: number
  fault: { readonly error: unknown; readonly atMs: number } | undefined
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

  /** `changed` is called when the first fault begins, and when no fault is left, each time with the error. */
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

  /** Without `atOnce`, it is a fault when it is the third failure in a row. */
  failed(sort: string, error: unknown, atOnce: boolean): void {
    if (this.#closed) return
    let known = this.#sorts.get(sort)
    if (known === undefined) {
      known = { inARow: 0, fault: undefined }
      this.#sorts.set(sort, known)
    }
    known.inARow += 1
    if (!atOnce && known.inARow < mostFailures && known.fault === undefined) return
    known.fault = { error, atMs: this.#clock.monotonic() }
    this.#timer?.cancel()
    this.#timer = this.#clock.schedule(staleAfterMs, () => this.#forgetStale())
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

  #forgetStale(): void {
    const { newest } = this
    for (const known of this.#sorts.values()) {
      known.fault = undefined
      known.inARow = 0
    }
    this.#endedWith(newest)
  }

  #endedWith(error: unknown): void {
    if (!this.#failing || this.newest !== undefined) return
    this.#failing = false
    this.#timer?.cancel()
    this.#changed(false, error)
  }
}
