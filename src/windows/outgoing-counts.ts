import { type Bucket, mergeBuckets } from './bucket.ts'

/** What was counted for one series in one stretch of time. */
export interface CountEntry {
  readonly group: string
  readonly name: string
  readonly bucket: Bucket
}

export interface OutgoingOptions {
  /** Entries are joined into buckets of this width. */
  readonly bucketMs: number
  /** The most entries that wait. What is counted above it is lost for the others, and they are told. */
  readonly maxEntries: number
}

/** Counts that wait to be told to other processes. Each count is given out once. */
export class OutgoingCounts {
  readonly #options: OutgoingOptions
  readonly #entries: Map<string, CountEntry> = new Map()
  #lostUntilMs = 0

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  add(group: string, name: string, bucket: Bucket): void {
    const { bucketMs, maxEntries } = this.#options
    const startMs = Math.floor(bucket.startMs / bucketMs) * bucketMs
    const place = { startMs, widthMs: bucketMs }
    const key = `${startMs} ${group} ${name}`
    const before = this.#entries.get(key)
    if (before === undefined && this.#entries.size >= maxEntries) {
      this.#lostUntilMs = Math.max(this.#lostUntilMs, startMs + bucketMs)
      return
    }
    const joined = before === undefined ? { ...bucket, ...place } : mergeBuckets(before.bucket, bucket, place)
    this.#entries.set(key, { group, name, bucket: joined })
  }

  /** Takes the oldest entries, as many as `fits` accepts. Counts of before `lostUntilMs` were lost; 0 for none. */
  take(fits: (entry: CountEntry) => boolean): {
    readonly entries: readonly CountEntry[]
    readonly lostUntilMs: number
  } {
    const entries: CountEntry[] = []
    for (const [key, entry] of this.#entries) {
      if (!fits(entry)) break
      entries.push(entry)
      this.#entries.delete(key)
    }
    const lostUntilMs = this.#lostUntilMs
    this.#lostUntilMs = 0
    return { entries, lostUntilMs }
  }
}
