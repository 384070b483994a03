import type { CellCounts } from './sample.ts'

/**
 * How many samples of a histogram lie above each of its borders. They are taken as spread evenly within their cell, as
 * `histogramQuantile` takes them. Samples at a border itself are those at or above it which do not lie above it.
 */
export interface Borders {
  readonly places: readonly number[]
  readonly above: readonly number[]
  /** Samples at the first place or above it. Those of an open first cell may all lie at it. */
  readonly all: number
  /** Samples above all bounds, which may lie anywhere there. */
  readonly beyond: number
}

/**
 * `least` counts the samples that surely lie above a place, and `most` those that may. They differ in a first cell without a
 * lower end, and above all bounds, where only `beyond` is known.
 */
export function bordersOf({ bounds, counts }: CellCounts): Readonly<Record<'least' | 'most', Borders>> {
  let left = 0
  for (const count of counts) left += count
  const total = left
  // The first cell begins at 0 unless its bound is below. Then its samples lie anywhere up to the bound.
  const isOpen = (bounds[0] as number) <= 0
  const places = isOpen ? bounds : [0, ...bounds]
  const above: number[] = isOpen ? [] : [total]
  for (let cell = 0; cell < bounds.length; cell += 1) {
    left -= counts[cell] as number
    // Samples above all bounds are surely above no place but those below the last bound.
    above.push(cell === bounds.length - 1 ? 0 : left)
  }
  const most = { places, above, all: total, beyond: left }
  return { most, least: isOpen ? { ...most, all: total - (counts[0] as number) } : most }
}

/** How many samples lie at a border or above it. */
export function atOrAbove({ above, all, beyond }: Borders, border: number): number {
  if (border === 0) return all
  return border === above.length - 1 ? beyond : (above[border] as number)
}

/** How many samples may lie at a place or above it, whatever the true place of those above all bounds is. */
export function countPossible(borders: Borders, place: number): number {
  return place > (borders.places.at(-1) as number) ? borders.beyond : countAtOrAbove(borders, place)
}

/** How many samples lie at a place or above it. */
export function countAtOrAbove(borders: Borders, place: number): number {
  return countBefore(borders, firstFrom(borders.places, place), place)
}

/** How many samples lie above a place. */
export function countAbove(borders: Borders, place: number): number {
  const next = firstFrom(borders.places, place)
  return borders.places[next] === place ? (borders.above[next] as number) : countBefore(borders, next, place)
}

/** Counts of two histograms that change together, step by step. */
export interface SharesPath {
  readonly upper: readonly number[]
  readonly lower: readonly number[]
}

/**
 * How many samples of `upper` lie above x + margin and how many of `lower` lie at x or above, as x goes from the border
 * `cell` of `lower` to the next one. From each point of the path to the next both change in proportion.
 */
export function pathThrough(upper: Borders, lower: Borders, margin: number, cell: number): SharesPath {
  const [from, to] = [lower.places[cell] as number, lower.places[cell + 1] as number]
  const [begin, end] = [lower.above[cell] as number, atOrAbove(lower, cell + 1)]
  const path: { readonly upper: number[]; readonly lower: number[] } = { upper: [], lower: [] }
  const step = (above: number, below: number): void => {
    path.upper.push(above)
    path.lower.push(below)
  }
  step(countAbove(upper, from + margin), begin)
  for (let next = firstFrom(upper.places, from + margin); next < upper.places.length; next += 1) {
    const x = (upper.places[next] as number) - margin
    if (x >= to) break
    if (x <= from) continue
    const count = begin + ((end - begin) * (x - from)) / (to - from)
    step(atOrAbove(upper, next), count)
    if (upper.above[next] !== atOrAbove(upper, next)) step(upper.above[next] as number, count)
  }
  step(countAtOrAbove(upper, to + margin), end)
  return path
}

/** The number of samples above a place that lies between the border `next` and the one before it, or at `next`. */
function countBefore(borders: Borders, next: number, place: number): number {
  const { places, above } = borders
  if (next >= places.length) return 0
  const end = atOrAbove(borders, next)
  if (next === 0 || places[next] === place) return end
  const [from, to] = [places[next - 1] as number, places[next] as number]
  return end + (((above[next - 1] as number) - end) * (to - place)) / (to - from)
}

/** The first border that is not below a place. */
function firstFrom(places: readonly number[], place: number): number {
  let [from, to] = [0, places.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((places[middle] as number) < place) from = middle + 1
    else to = middle
  }
  return from
}
