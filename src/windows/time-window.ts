/**
 * Sums over time in fixed memory: rings of buckets, fine for recent times and coarse for old times. Each
 * number is counted in every ring at once. So no ring is ever rolled up into another, and every count costs
 * the same.
 */

export interface WindowLayout {
  /** From fine to coarse. Each width is a multiple of the width before. */
  readonly levels: readonly { readonly widthMs: number; readonly slots: number }[]
}

export interface WindowCells {
  /** The number of columns that numbers are added to. */
  readonly sums: number
  /** The number of columns that count up by one, such as the cells of a histogram. */
  readonly tallies: number
}

/** Milliseconds since the epoch, `toMs` excluded. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** The most slots of a ring. For older times the next coarser ring takes over. */
const slotsPerLevel = 128
const widening = 8

/**
 * Rings that reach back at least `keepMs`. A ring has 128 buckets, except the last one, which has fewer when
 * that is enough. The buckets of the next ring are eight times as wide. So a bucket is at most a sixteenth as
 * long as the age at which it is read, or as long as `bucketMs`.
 */
export function windowLayout(bucketMs: number, keepMs: number): WindowLayout {
  const levels: { widthMs: number; slots: number }[] = []
  for (let widthMs = bucketMs; ; widthMs *= widening) {
    const slots = Math.min(slotsPerLevel, Math.ceil(keepMs / widthMs) + 1)
    levels.push({ widthMs, slots })
    if ((slots - 1) * widthMs >= keepMs) return { levels }
  }
}

class Ring {
  readonly widthMs: number
  readonly slots: number
  readonly sums: Float64Array
  readonly tallies: Uint32Array
  /** The bucket that each slot holds, as a number of widths since the epoch. */
  readonly #buckets: Float64Array
  readonly #cells: WindowCells

  constructor(widthMs: number, slots: number, cells: WindowCells) {
    this.widthMs = widthMs
    this.slots = slots
    this.#cells = cells
    this.sums = new Float64Array(slots * cells.sums)
    this.tallies = new Uint32Array(slots * cells.tallies)
    this.#buckets = new Float64Array(slots).fill(-1)
  }

  /**
   * The slot in which to count at the time `atMs`. It is emptied if it held an older bucket. -1 when the ring
   * has already dropped that time.
   */
  slotFor(atMs: number): number {
    const bucket = Math.floor(atMs / this.widthMs)
    const slot = bucket % this.slots
    const held = this.#buckets[slot] as number
    if (held === bucket) return slot
    if (held > bucket) return -1
    this.#buckets[slot] = bucket
    this.sums.fill(0, slot * this.#cells.sums, (slot + 1) * this.#cells.sums)
    this.tallies.fill(0, slot * this.#cells.tallies, (slot + 1) * this.#cells.tallies)
    return slot
  }

  /** The slot that holds the bucket starting at `startMs`. -1 when nothing was counted in that bucket. */
  slotAt(startMs: number): number {
    const bucket = Math.round(startMs / this.widthMs)
    const slot = bucket % this.slots
    return this.#buckets[slot] === bucket ? slot : -1
  }

  /** The start of the oldest bucket that the ring surely still holds. */
  oldestMs(nowMs: number): number {
    return (Math.floor(nowMs / this.widthMs) - this.slots + 1) * this.widthMs
  }
}

export class TimeWindow {
  readonly #rings: readonly Ring[]
  /** For each ring, the slot to which `add` and `tally` write. */
  readonly #slots: Int32Array
  readonly #cells: WindowCells

  constructor(layout: WindowLayout, cells: WindowCells) {
    this.#rings = layout.levels.map(({ widthMs, slots }) => new Ring(widthMs, slots, cells))
    this.#slots = new Int32Array(this.#rings.length).fill(-1)
    this.#cells = cells
  }

  /** Sets the time at which the next `add` and `tally` count. */
  moveTo(atMs: number): void {
    for (let level = 0; level < this.#rings.length; level += 1) {
      this.#slots[level] = (this.#rings[level] as Ring).slotFor(atMs)
    }
  }

  add(column: number, amount: number): void {
    for (let level = 0; level < this.#rings.length; level += 1) {
      const slot = this.#slots[level] as number
      if (slot < 0) continue
      const { sums } = this.#rings[level] as Ring
      const cell = slot * this.#cells.sums + column
      sums[cell] = (sums[cell] as number) + amount
    }
  }

  /** Counts one number in three columns: the count, the sum and the sum of squares. */
  addSample(column: number, value: number): void {
    for (let level = 0; level < this.#rings.length; level += 1) {
      const slot = this.#slots[level] as number
      if (slot < 0) continue
      const { sums } = this.#rings[level] as Ring
      const cell = slot * this.#cells.sums + column
      sums[cell] = (sums[cell] as number) + 1
      sums[cell + 1] = (sums[cell + 1] as number) + value
      sums[cell + 2] = (sums[cell + 2] as number) + value * value
    }
  }

  tally(column: number): void {
    for (let level = 0; level < this.#rings.length; level += 1) {
      const slot = this.#slots[level] as number
      if (slot < 0) continue
      const { tallies } = this.#rings[level] as Ring
      const cell = slot * this.#cells.tallies + column
      tallies[cell] = (tallies[cell] as number) + 1
    }
  }

  /**
   * Adds the counts of the span to `sums` and `tallies`. It reads only whole buckets and returns the span
   * that it really read, which never reaches outside of the given span. A span that reaches the present also
   * includes the bucket that is still being filled, because nothing was counted after now.
   */
  read(span: Span, nowMs: number, sums: Float64Array, tallies: Uint32Array): Span {
    let fromMs = -1
    let cursor = span.fromMs
    for (;;) {
      let best: Ring | undefined
      let bestAt = Number.POSITIVE_INFINITY
      for (const ring of this.#rings) {
        const at = Math.max(ring.oldestMs(nowMs), Math.ceil(cursor / ring.widthMs) * ring.widthMs)
        const fits = span.toMs >= nowMs ? at <= nowMs : at + ring.widthMs <= span.toMs
        if (fits && at <= bestAt) {
          best = ring
          bestAt = at
        }
      }
      // A gap after the first bucket ends the loop, because the result must be one span.
      if (best === undefined || (fromMs >= 0 && bestAt !== cursor)) break
      if (fromMs < 0) fromMs = bestAt
      this.#collect(best, best.slotAt(bestAt), sums, tallies)
      cursor = bestAt + best.widthMs
    }
    return fromMs < 0
      ? { fromMs: span.fromMs, toMs: span.fromMs }
      : { fromMs, toMs: Math.min(cursor, Math.max(span.toMs, fromMs)) }
  }

  #collect(ring: Ring, slot: number, sums: Float64Array, tallies: Uint32Array): void {
    if (slot < 0) return
    const { sums: width, tallies: cells } = this.#cells
    for (let column = 0; column < width; column += 1) {
      sums[column] = (sums[column] as number) + (ring.sums[slot * width + column] as number)
    }
    for (let cell = 0; cell < cells; cell += 1) {
      tallies[cell] = (tallies[cell] as number) + (ring.tallies[slot * cells + cell] as number)
    }
  }
}
