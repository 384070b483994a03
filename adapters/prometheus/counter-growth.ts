/**
 * What counters grew by, computed from their samples. `increase()` of PromQL guesses what happened between the
 * ends of a range and the samples next to them, and it does not see the first value of a counter that is new. Here
 * nothing is guessed: a sum holds what was surely counted within the interval.
 */

import type { Interval } from 'modelspine/adapter'
import type { RangeSeries } from './prometheus-api.ts'

export interface CounterGrowth {
  /** One sum for each list of series, in their order. */
  readonly sums: readonly number[]
  readonly covered: Interval
}

export interface GrowthOptions {
  /** A sample at `toMs` shows what was counted before it. */
  readonly interval: Interval
  /** How often the counters are scraped, at most. */
  readonly scrapeMs: number
}

/** The labels that Prometheus gives to everything that it scrapes from one process. */
export interface ScrapedTarget {
  readonly job: string
  readonly instance: string
}

/** A counter's samples in the interval, of which there is one at least. */
interface Counter {
  readonly labels: RangeSeries['labels']
  readonly target: string
  readonly points: RangeSeries['points']
  readonly firstMs: number
}

/** So much earlier than a scrape was due it may have been made. */
const early = 0.9
/** So much later than a scrape was due, one was missed. */
const missed = 1.5

/**
 * The processes of which it must be known when they were scraped, because one of their counters may have begun
 * within the interval, and no other counter of theirs tells.
 */
export function targetsInDoubt(
  lists: readonly (readonly RangeSeries[])[],
  options: GrowthOptions,
): readonly ScrapedTarget[] {
  const counters = lists.flatMap((list) => countersOf(list, options.interval))
  const gapMs = gapOf(counters, options.scrapeMs)
  const times = timesOf(counters)
  const found = new Map<string, ScrapedTarget>()
  for (const { labels, target, points, firstMs } of counters) {
    const { job, instance } = labels
    if (job === undefined || instance === undefined) continue
    const beganLate =
      firstMs - options.interval.fromMs >= early * gapMs && !isKnown(times, target, 0, firstMs)
    const isInDoubt =
      beganLate || pauses(points, gapMs).some(([from, to]) => !isKnown(times, target, from, to))
    if (isInDoubt) found.set(target, { job, instance })
  }
  return [...found.values()]
}

/**
 * Each list holds counters that are wanted as one sum. Counters of the same labels belong together and begin again
 * together, such as a histogram's count and sum. `scrapes` are samples of `up`, of the targets in doubt. Undefined
 * when there is no sample.
 */
export function counterGrowth(
  lists: readonly (readonly RangeSeries[])[],
  scrapes: readonly RangeSeries[],
  options: GrowthOptions,
): CounterGrowth | undefined {
  const { interval, scrapeMs } = options
  const counters = lists.map((list) => countersOf(list, interval))
  const all = counters.flat()
  if (all.length === 0) return undefined
  const gapMs = gapOf(all, scrapeMs)
  const succeeded = scrapes.map(({ labels, points }) => ({
    labels,
    points: points.filter(({ value }) => value === 1),
  }))
  const times = timesOf([...all, ...countersOf(succeeded, interval)])
  const restarts = restartsOf(all, times, gapMs)
  const sums = counters.map((list) =>
    list.reduce((sum, counter) => {
      const { target, points, firstMs } = counter
      // The process was scraped in the interval and did not have the counter. So it began at zero since.
      const began = isKnown(times, target, 0, firstMs) ? (points[0]?.value ?? 0) : 0
      return sum + began + growthOf(points, restarts.get(keyOf(counter)))
    }, 0),
  )
  const beganMs = Math.min(...[...times.values()].map(([first = Number.POSITIVE_INFINITY]) => first))
  const endedMs = Math.max(...[...times.values()].map((each) => each.at(-1) ?? 0))
  const fromMs = beganMs - interval.fromMs > missed * gapMs ? beganMs : interval.fromMs
  const toMs = interval.toMs - endedMs > 2 * Math.max(gapMs, scrapeMs) ? endedMs : interval.toMs
  return { sums, covered: { fromMs, toMs: Math.max(fromMs, toMs) } }
}

/** Only what lies in the interval: Prometheus 2 gives both ends of a range, Prometheus 3 the later one. */
function countersOf(list: readonly RangeSeries[], { fromMs, toMs }: Interval): readonly Counter[] {
  return list.flatMap(({ labels, points: given }) => {
    const points = given.filter(({ atMs, value }) => atMs >= fromMs && atMs <= toMs && Number.isFinite(value))
    const [first] = points
    if (first === undefined) return []
    const target = JSON.stringify([labels.job ?? '', labels.instance ?? ''])
    return [{ labels, target, points, firstMs: first.atMs }]
  })
}

/** The time between two scrapes, as the samples show it. */
function gapOf(counters: readonly Counter[], scrapeMs: number): number {
  let gapMs = scrapeMs
  for (const { points } of counters) {
    for (const [from, to] of pairs(points)) gapMs = Math.min(gapMs, to.atMs - from.atMs)
  }
  return gapMs
}

/** When each target was scraped, in ascending order. */
function timesOf(counters: readonly Counter[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, Set<number>>()
  for (const { target, points } of counters) {
    const known = times.get(target) ?? new Set()
    for (const { atMs } of points) known.add(atMs)
    times.set(target, known)
  }
  return new Map(
    [...times].map(([target, known]) => [target, [...known].sort((left, right) => left - right)]),
  )
}

/** Whether the target is known to have been scraped after `fromMs` and before `toMs`. */
function isKnown(
  times: ReadonlyMap<string, readonly number[]>,
  target: string,
  fromMs: number,
  toMs: number,
): boolean {
  return times.get(target)?.some((atMs) => atMs > fromMs && atMs < toMs) === true
}

/** The times between which a counter has no sample although one was due. */
function pauses(points: Counter['points'], gapMs: number): readonly (readonly [number, number])[] {
  return pairs(points)
    .map(([from, to]) => [from.atMs, to.atMs] as const)
    .filter(([from, to]) => to - from > missed * gapMs)
}

/**
 * When the counters of the same labels began again at zero: at a lower value than before, or after a scrape that
 * did not have the counter. A sum may be higher than before its process was restarted, but then its count tells.
 */
function restartsOf(
  counters: readonly Counter[],
  times: ReadonlyMap<string, readonly number[]>,
  gapMs: number,
): ReadonlyMap<string, ReadonlySet<number>> {
  const restarts = new Map<string, Set<number>>()
  for (const counter of counters) {
    const { target, points } = counter
    const key = keyOf(counter)
    const found = [
      ...(restarts.get(key) ?? []),
      ...pairs(points).flatMap(([before, point]) => (point.value < before.value ? [point.atMs] : [])),
      ...pauses(points, gapMs).flatMap(([from, to]) => (isKnown(times, target, from, to) ? [to] : [])),
    ]
    restarts.set(key, new Set(found))
  }
  return restarts
}

function growthOf(points: Counter['points'], restarts: ReadonlySet<number> = new Set()): number {
  return pairs(points).reduce(
    (sum, [before, point]) => sum + point.value - (restarts.has(point.atMs) ? 0 : before.value),
    0,
  )
}

function pairs<Item>(items: readonly Item[]): readonly (readonly [Item, Item])[] {
  return items.slice(1).map((item, place) => [items[place] as Item, item])
}

/** The labels without the metric's name. */
function keyOf({ labels: { __name__: _, ...labels } }: Counter): string {
  return JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)))
}
