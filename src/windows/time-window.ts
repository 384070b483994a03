/**
 * Sums over time in little memory. Numbers are counted in the newest bucket. As buckets grow older, they are
 * joined into wider ones, each at most a sixteenth as wide as it is old. So a day needs at most some 270
 * buckets, and a time without a count needs none.
 */

import {
  addBucket,
  type Bucket,
  bucketOf,
  bytesOf,
  type Cells,
  mergeBuckets,
  newCells,
  type WindowCells,
} from './bucket.ts'

/** Milliseconds since the epoch, `toMs` excluded. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export interface WindowOptions extends WindowCells {
  /** The width of a new bucket. */
  readonly bucketMs: number
  readonly keepMs: number
}

/** How many times as old as wide a bucket is at least. */
const sharpness = 16
/** Buckets are joined when this many came since. */
const joinEvery = 16

export class TimeWindow {
  readonly #options: WindowOptions
  readonly #spare: Cells[]
  /** Ascending, without overlap. Each begins at a multiple of its width. */
  #buckets: Bucket[] = []
  #bytes = 0
  #added = 0
  #newestMs = Number.NEGATIVE_INFINITY
  /** The counts since the last `close`, all of the bucket at `#startMs`. */
  #cells: Cells | undefined
  #startMs = 0

  /** `spare` holds cells of zeros that windows of the same options share. */
  constructor(options: WindowOptions, spare: Cells[] = []) {
    this.#options = options
    this.#spare = spare
  }

  /** About how many bytes the closed buckets take. */
  get bytes(): number {
    return this.#bytes
  }

  /** Sets the time at which the next `add` and `tally` count. Returns what it closed for that. */
  moveTo(atMs: number): Bucket | undefined {
    const { bucketMs } = this.#options
    const startMs = Math.floor(atMs / bucketMs) * bucketMs
    if (this.#cells !== undefined && startMs === this.#startMs) return undefined
    const closed = this.close()
    this.#cells = this.#spare.pop() ?? newCells(this.#options)
    this.#startMs = startMs
    return closed
  }

  add(column: number, amount: number): void {
    const { sums } = this.#cells as Cells
    sums[column] = (sums[column] as number) + amount
  }

  /** Counts one number in three columns: the count, the sum and the sum of squares. */
  addSample(column: number, value: number): void {
    const { sums } = this.#cells as Cells
    sums[column] = (sums[column] as number) + 1
    sums[column + 1] = (sums[column + 1] as number) + value
    sums[column + 2] = (sums[column + 2] as number) + value * value
  }

  tally(column: number): void {
    const { tallies } = this.#cells as Cells
    tallies[column] = (tallies[column] as number) + 1
  }

  /** Adds what was counted elsewhere, at the time of the last `moveTo`. */
  addCounts(counts: Pick<Bucket, 'sums' | 'tallies'>): void {
    addBucket(this.#cells as Cells, counts)
  }

  /** Keeps what was counted since the last call, and returns it. */
  close(): Bucket | undefined {
    const cells = this.#cells
    if (cells === undefined) return undefined
    this.#cells = undefined
    const bucket = bucketOf(this.#startMs, this.#options.bucketMs, cells)
    if (bucket !== undefined) {
      this.#keep(bucket)
      cells.sums.fill(0)
      cells.tallies.fill(0)
    }
    this.#spare.push(cells)
    return bucket
  }

  /**
   * Adds the counts of the span to `into`. It reads only buckets that lie wholly in the span. A span that
   * reaches the present also includes the bucket that is still being filled, because nothing was counted after
   * now.
   */
  read({ fromMs, toMs }: Span, nowMs: number, into: Cells): void {
    this.close()
    const endMs = toMs >= nowMs ? Number.POSITIVE_INFINITY : toMs
    for (let place = this.#buckets.length - 1; place >= 0; place -= 1) {
      const bucket = this.#buckets[place] as Bucket
      if (bucket.startMs < fromMs) return
      if (bucket.startMs + bucket.widthMs <= endMs) addBucket(into, bucket)
    }
  }

  /** The span without the parts of buckets that it cuts. Its end is left as it is when it reaches the present. */
  uncut({ fromMs, toMs }: Span, nowMs: number): Span {
    this.close()
    const uncut = { fromMs, toMs }
    for (const { startMs, widthMs } of this.#buckets) {
      const endMs = startMs + widthMs
      if (startMs < fromMs && endMs > fromMs) uncut.fromMs = endMs
      if (startMs < toMs && endMs > toMs && toMs < nowMs) uncut.toMs = startMs
    }
    return uncut
  }

  /** Forgets the buckets that begin before this time. Returns whether any is left. */
  forgetBefore(timeMs: number): boolean {
    this.#set(this.#buckets.filter(({ startMs }) => startMs >= timeMs))
    return this.#buckets.length > 0 || this.#cells !== undefined
  }

  #keep(bucket: Bucket): void {
    const { keepMs } = this.#options
    this.#newestMs = Math.max(this.#newestMs, bucket.startMs)
    if (bucket.startMs + bucket.widthMs <= this.#newestMs - keepMs) return
    this.#insert(bucket)
    this.#added += 1
    if (this.#added >= joinEvery) this.#join()
  }

  #insert(bucket: Bucket): void {
    let place = this.#buckets.length
    while (place > 0 && (this.#buckets[place - 1] as Bucket).startMs > bucket.startMs) place -= 1
    const before = this.#buckets[place - 1]
    if (before !== undefined && before.startMs + before.widthMs > bucket.startMs) {
      const merged = mergeBuckets(before, bucket, before)
      this.#buckets[place - 1] = merged
      this.#bytes += bytesOf(merged) - bytesOf(before)
    } else {
      this.#buckets.splice(place, 0, bucket)
      this.#bytes += bytesOf(bucket)
    }
  }

  /** Joins the buckets that are old enough, and forgets those that are too old. */
  #join(): void {
    this.#added = 0
    const nowMs = this.#newestMs
    const joined: Bucket[] = []
    for (const bucket of this.#buckets) {
      if (bucket.startMs + bucket.widthMs <= nowMs - this.#options.keepMs) continue
      const place = widened(bucket, nowMs)
      const last = joined.at(-1)
      if (last !== undefined && last.startMs + last.widthMs > place.startMs) {
        joined[joined.length - 1] = mergeBuckets(last, bucket, last.widthMs < place.widthMs ? place : last)
      } else {
        joined.push(place.widthMs === bucket.widthMs ? bucket : { ...bucket, ...place })
      }
    }
    this.#set(joined)
  }

  #set(buckets: Bucket[]): void {
    this.#buckets = buckets
    this.#bytes = buckets.reduce((sum, bucket) => sum + bytesOf(bucket), 0)
  }
}

/** The widest bucket around this one that is not too wide for its age. */
function widened({ startMs, widthMs }: Bucket, nowMs: number): Pick<Bucket, 'startMs' | 'widthMs'> {
  let place = { startMs, widthMs }
  for (;;) {
    const width = 2 * place.widthMs
    const start = Math.floor(startMs / width) * width
    if (nowMs - (start + width) < sharpness * width) return place
    place = { startMs: start, widthMs: width }
  }
}
