import type { UsageBy } from './contract.ts'
import { Sums } from './usage-sums.ts'

interface Entry {
  readonly first: string
  readonly second: string
  readonly sinceMs: number
  lastMs: number
  readonly sums: Sums
}

/** Above the bound, so many parts of it go to `others` at once, so that few requests pay for the search. */
const keptShare = 7 / 8

/** Sums by one or two names, with a bound. Above it those that were idle for longest are added to `others`. */
export class SumsBy {
  readonly #maxEntries: number
  readonly #entries: Map<string, Map<string, Entry>> = new Map()
  readonly #others: Sums = new Sums()
  #size = 0
  /** The one that was used last, which is often the next one. */
  #last: Entry | undefined

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  at(nowMs: number, first: string, second = ''): Sums {
    let entry = this.#last
    if (entry === undefined || entry.first !== first || entry.second !== second) {
      entry = this.#entries.get(first)?.get(second) ?? this.#begin(nowMs, first, second)
      this.#last = entry
    }
    entry.lastMs = nowMs
    return entry.sums
  }

  /** All sums together. */
  total(): Sums {
    const total = new Sums()
    total.add(this.#others)
    for (const { sums } of this.#all()) total.add(sums)
    return total
  }

  read<Name>(isPriced: boolean, nameOf: (first: string, second: string) => Name): UsageBy<Name> {
    return {
      entries: this.#all().map(({ first, second, sinceMs, sums }) => ({
        ...nameOf(first, second),
        sinceMs,
        ...sums.read(isPriced),
      })),
      others: this.#others.read(isPriced),
    }
  }

  #all(): Entry[] {
    return [...this.#entries.values()].flatMap((named) => [...named.values()])
  }

  #begin(nowMs: number, first: string, second: string): Entry {
    if (this.#size >= this.#maxEntries) this.#fold()
    const named = this.#entries.get(first) ?? new Map<string, Entry>()
    const entry = { first, second, sinceMs: nowMs, lastMs: nowMs, sums: new Sums() }
    this.#entries.set(first, named.set(second, entry))
    this.#size += 1
    return entry
  }

  #fold(): void {
    const idlest = this.#all().sort((left, right) => left.lastMs - right.lastMs)
    const kept = Math.floor(this.#maxEntries * keptShare)
    for (const { first, second, sums } of idlest.slice(0, idlest.length - kept)) {
      this.#others.add(sums)
      const named = this.#entries.get(first)
      named?.delete(second)
      if (named?.size === 0) this.#entries.delete(first)
    }
    this.#size = kept
  }
}
