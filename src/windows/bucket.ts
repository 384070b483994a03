/**
 * The counts of one stretch of time, in little memory: a bucket of a quiet revision takes some 150 bytes. Most
 * columns at the end and most cells of a histogram are zero, and zeros are left out.
 */

/** Counts with a place for every column and cell, to count in and to add up in. */
export interface Cells {
  readonly sums: Float64Array
  readonly tallies: Uint32Array
}

/** How many columns there are. */
export interface WindowCells {
  /** The number of columns that numbers are added to. */
  readonly sums: number
  /** The number of columns that count up by one, such as the cells of a histogram. At most 256. */
  readonly tallies: number
}

export interface Bucket {
  /** Milliseconds since the epoch. */
  readonly startMs: number
  readonly widthMs: number
  /** The columns from the first on, without the zeros at the end. */
  readonly sums: readonly number[]
  /** For each cell that is not zero, ascending: the count times 256, plus the cell. */
  readonly tallies: readonly number[]
}

const cellNumbers = 256

export function newCells({ sums, tallies }: WindowCells): Cells {
  return { sums: new Float64Array(sums), tallies: new Uint32Array(tallies) }
}

/** The bucket with these counts. Undefined when nothing was counted. */
export function bucketOf(startMs: number, widthMs: number, cells: Cells): Bucket | undefined {
  let columns = cells.sums.length
  while (columns > 0 && cells.sums[columns - 1] === 0) columns -= 1
  const sums: number[] = []
  for (let column = 0; column < columns; column += 1) sums.push(cells.sums[column] as number)
  const tallies: number[] = []
  for (let cell = 0; cell < cells.tallies.length; cell += 1) {
    const count = cells.tallies[cell] as number
    if (count > 0) tallies.push(count * cellNumbers + cell)
  }
  return sums.length === 0 && tallies.length === 0 ? undefined : { startMs, widthMs, sums, tallies }
}

/** Adds a bucket's counts. Columns and cells that are not there are left out. */
export function addBucket(cells: Cells, { sums, tallies }: Pick<Bucket, 'sums' | 'tallies'>): void {
  const columns = Math.min(sums.length, cells.sums.length)
  for (let column = 0; column < columns; column += 1) {
    cells.sums[column] = (cells.sums[column] as number) + (sums[column] as number)
  }
  for (const packed of tallies) {
    const cell = packed % cellNumbers
    if (cell >= cells.tallies.length) continue
    cells.tallies[cell] = (cells.tallies[cell] as number) + Math.floor(packed / cellNumbers)
  }
}

/** Both buckets' counts in one bucket of the given place. */
export function mergeBuckets(one: Bucket, other: Bucket, place: Pick<Bucket, 'startMs' | 'widthMs'>): Bucket {
  const [longer, shorter] =
    one.sums.length < other.sums.length ? [other.sums, one.sums] : [one.sums, other.sums]
  const sums = longer.map((sum, column) => sum + (shorter[column] ?? 0))
  return { ...place, sums, tallies: mergeTallies(one.tallies, other.tallies) }
}

function mergeTallies(one: readonly number[], other: readonly number[]): readonly number[] {
  if (one.length === 0 || other.length === 0) return one.length === 0 ? other : one
  const merged: number[] = []
  let at = 0
  for (const packed of one) {
    const cell = packed % cellNumbers
    while (at < other.length && (other[at] as number) % cellNumbers < cell) merged.push(other[at++] as number)
    const same = at < other.length && (other[at] as number) % cellNumbers === cell
    merged.push(same ? packed + (other[at++] as number) - cell : packed)
  }
  while (at < other.length) merged.push(other[at++] as number)
  return merged
}

/** What an object with two arrays takes before their numbers, on a 64-bit engine. */
const fixedBytes = 152

export function bytesOf({ sums, tallies }: Bucket): number {
  return fixedBytes + 8 * (sums.length + tallies.length)
}
