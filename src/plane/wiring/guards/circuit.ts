import type { Clock, Timer } from '../../../clock.ts'

/** Calls in a row without an answer after which no more calls are made for a while. */
const mostLate = 3
const firstCoolMs = 1000
const longestCoolMs = 10_000

type State =
  | { readonly kind: 'closed'; readonly late: number }
  | { readonly kind: 'open'; readonly coolMs: number; readonly paused: boolean }
  /** One call is under way, to find out whether answers come again. */
  | { readonly kind: 'probing'; readonly coolMs: number }

/**
 * Stops calls that would wait for nothing. It opens after 3 calls in a row without an answer. While it is
 * open, one call at a time is let through after each pause, and the pause grows from 1 s to 10 s. The first
 * answer closes it, whatever the answer says.
 */
export class Circuit {
  readonly #clock: Clock
  readonly #opens: boolean
  readonly #probe: () => boolean
  #state: State = { kind: 'closed', late: 0 }
  #timer: Timer | undefined
  #closed = false

  /**
   * `opens` is false for a part that every call may ask. `probe` is called when a pause has ended and a call
   * may be let through. It gives false when it can ask for none: then the next call that comes is let through.
   */
  constructor(clock: Clock, opens: boolean, probe: () => boolean) {
    this.#clock = clock
    this.#opens = opens
    this.#probe = probe
  }

  /** Whether no call may be made now. */
  get isOpen(): boolean {
    const state = this.#state
    return state.kind === 'probing' || (state.kind === 'open' && state.paused)
  }

  /** Whether a call may be made. A call that may be made must be told as answered, late or given up. */
  admits(): boolean {
    if (this.isOpen) return false
    const state = this.#state
    if (state.kind === 'open') this.#state = { kind: 'probing', coolMs: state.coolMs }
    return true
  }

  /** Whether the circuit was open until now. */
  answered(): boolean {
    const state = this.#state
    if (state.kind === 'closed' && state.late === 0) return false
    this.#timer?.cancel()
    this.#state = { kind: 'closed', late: 0 }
    return state.kind !== 'closed'
  }

  late(): void {
    const state = this.#state
    if (state.kind === 'probing') this.#open(Math.min(longestCoolMs, state.coolMs * 2))
    if (state.kind !== 'closed' || !this.#opens) return
    if (state.late + 1 >= mostLate) this.#open(firstCoolMs)
    else this.#state = { kind: 'closed', late: state.late + 1 }
  }

  /** The caller went away before the answer, so the call says nothing. */
  givenUp(): void {
    if (this.#state.kind === 'probing') this.#open(this.#state.coolMs)
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #open(coolMs: number): void {
    this.#state = { kind: 'open', coolMs, paused: true }
    this.#timer?.cancel()
    if (!this.#closed) this.#timer = this.#clock.schedule(coolMs, () => this.#wake(coolMs))
  }

  /** A probe that does not come is asked for again after another pause. */
  #wake(coolMs: number): void {
    if (this.#closed || this.#state.kind !== 'open') return
    this.#state = { kind: 'open', coolMs, paused: false }
    if (this.#probe()) this.#timer = this.#clock.schedule(coolMs, () => this.#wake(coolMs))
  }
}
