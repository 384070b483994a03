import type { Key } from '../../resources/metadata.ts'

/** A source that fails is asked again after a second at first, and ever more rarely, up to this. */
const firstWaitMs = 1000
const longestWaitMs = 15_000

interface Unread {
  readonly message: string
  readonly times: number
  readonly notBeforeMs: number
}

/**
 * The gates whose source failed. Such a source is left alone for a while, and the other gates of the step are read at
 * their usual pace. Keeps an entry for each gate of a declared deployment that failed.
 */
export class UnreadGates {
  readonly #now: () => number
  readonly #known = new Map<Key, Map<string, Unread>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Why the gate could not be read, when its source is not to be asked yet. */
  postponed(key: Key, gate: string): string | undefined {
    const last = this.#known.get(key)?.get(gate)
    return last !== undefined && this.#now() < last.notBeforeMs ? last.message : undefined
  }

  failed(key: Key, gate: string, message: string): void {
    const gates = this.#known.get(key) ?? new Map<string, Unread>()
    const times = gates.get(gate)?.times ?? 0
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(times, 10))
    gates.set(gate, { message, times: times + 1, notBeforeMs: this.#now() + waitMs })
    this.#known.set(key, gates)
  }

  answered(key: Key, gate: string): void {
    const gates = this.#known.get(key)
    if (gates?.delete(gate) === true && gates.size === 0) this.#known.delete(key)
  }

  forget(key: Key): void {
    this.#known.delete(key)
  }
}
