import type { SeriesSet } from './series-set.ts'

export interface PendingCountsOptions {
  readonly series: SeriesSet
  /** The column of the series in which they count. */
  readonly column: number
  readonly bucketMs: number
  /** Stands before the names of groups in the series. */
  readonly prefix?: string
}

interface Pending {
  readonly atMs: number
  count: number
}

/**
 * Counts of the newest bucket that are not in their series yet. To find the bucket of a time costs more than two
 * look-ups by name, and here it is found once for all counts of a series in a bucket.
 */
export class PendingCounts {
  readonly #options: PendingCountsOptions
  readonly #groups: Map<string, Map<string, Pending>> = new Map()
  #bucket = Number.NEGATIVE_INFINITY

  constructor(options: PendingCountsOptions) {
    this.#options = options
  }

  add(group: string, name: string, wallMs: number): void {
    const bucket = Math.floor(wallMs / this.#options.bucketMs)
    if (bucket !== this.#bucket) {
      this.flush()
      this.#bucket = bucket
    }
    let named = this.#groups.get(group)
    if (named === undefined) {
      named = new Map()
      this.#groups.set(group, named)
    }
    const pending = named.get(name)
    if (pending === undefined) named.set(name, { atMs: wallMs, count: 1 })
    else pending.count += 1
  }

  /** Counts in the series what waits. Call it before the series are read. */
  flush(): void {
    if (this.#groups.size === 0) return
    const { series, column, prefix = '' } = this.#options
    for (const [group, named] of this.#groups) {
      for (const [name, { atMs, count }] of named) series.at(prefix + group, name, atMs).add(column, count)
    }
    this.#groups.clear()
  }
}
