import { ModelspineError } from '../errors.ts'
import { type Span, TimeWindow, type WindowCells, type WindowLayout, windowLayout } from './time-window.ts'

export interface SeriesOptions extends WindowCells {
  /** When counting began, in milliseconds since the epoch. */
  readonly startedAtMs: number
  readonly bucketMs: number
  readonly keepMs: number
  /** At this number, the series that was counted least recently makes room for a new one. */
  readonly maxSeries: number
}

interface Series {
  readonly window: TimeWindow
  readonly beganMs: number
  usedMs: number
}

/** The counts of an interval, and the part of the interval for which they are complete. */
export interface Counted {
  readonly sums: Float64Array
  readonly tallies: Uint32Array
  readonly covered: Span
}

/**
 * A bounded number of windows, by two names such as deployment and revision. When an evicted series comes
 * again, it begins empty, and its answers cover no time whose counts may have been lost.
 */
export class SeriesSet {
  readonly #options: SeriesOptions
  readonly #layout: WindowLayout
  readonly #series: Map<string, Map<string, Series>> = new Map()
  #size = 0
  #evicted = 0
  /** Counts from before this time may have been evicted. So a new series is complete only from here on. */
  #completeFromMs: number

  constructor(options: SeriesOptions) {
    for (const name of ['bucketMs', 'keepMs', 'maxSeries'] as const) {
      if (Number.isSafeInteger(options[name]) && options[name] > 0) continue
      const message = `${name} is ${options[name]}: give a whole number above 0`
      throw new ModelspineError('invalid-options', message, { details: { option: name } })
    }
    this.#options = options
    this.#layout = windowLayout(options.bucketMs, options.keepMs)
    this.#completeFromMs = options.startedAtMs
  }

  get size(): number {
    return this.#size
  }

  get evicted(): number {
    return this.#evicted
  }

  /** The window to count in, set to `atMs`. */
  at(group: string, name: string, atMs: number): TimeWindow {
    const series = this.#series.get(group)?.get(name) ?? this.#begin(group, name, atMs)
    if (atMs > series.usedMs) series.usedMs = atMs
    series.window.moveTo(atMs)
    return series.window
  }

  /** Sums over one series. Without a name, sums over all series of the group. */
  read(group: string, name: string | undefined, span: Span, nowMs: number): Counted {
    const { sums: width, tallies: cells, keepMs } = this.#options
    const sums = new Float64Array(width)
    const tallies = new Uint32Array(cells)
    const found = this.#found(group, name)
    const beganMs =
      name === undefined
        ? this.#completeFromMs
        : found.reduce(
            (latest, series) => Math.max(latest, series.beganMs),
            found.length === 0 ? this.#completeFromMs : 0,
          )
    const fromMs = Math.max(span.fromMs, beganMs, nowMs - keepMs)
    const toMs = Math.max(fromMs, Math.min(span.toMs, nowMs))
    for (const { window } of found) window.read({ fromMs, toMs: span.toMs }, nowMs, sums, tallies)
    return { sums, tallies, covered: { fromMs, toMs } }
  }

  #found(group: string, name: string | undefined): readonly Series[] {
    const named = this.#series.get(group)
    if (named === undefined) return []
    if (name === undefined) return [...named.values()]
    const series = named.get(name)
    return series === undefined ? [] : [series]
  }

  #begin(group: string, name: string, atMs: number): Series {
    if (this.#size >= this.#options.maxSeries) this.#evict()
    let named = this.#series.get(group)
    if (named === undefined) {
      named = new Map()
      this.#series.set(group, named)
    }
    const window = new TimeWindow(this.#layout, this.#options)
    const series: Series = { window, beganMs: this.#completeFromMs, usedMs: atMs }
    named.set(name, series)
    this.#size += 1
    return series
  }

  #evict(): void {
    let oldest: { group: string; name: string; usedMs: number } | undefined
    for (const [group, named] of this.#series) {
      for (const [name, { usedMs }] of named) {
        if (oldest === undefined || usedMs < oldest.usedMs) oldest = { group, name, usedMs }
      }
    }
    if (oldest === undefined) return
    const named = this.#series.get(oldest.group)
    named?.delete(oldest.name)
    if (named?.size === 0) this.#series.delete(oldest.group)
    this.#size -= 1
    this.#evicted += 1
    // All counts of the evicted series are lost, up to its last use. So only later counts are complete.
    this.#completeFromMs = Math.max(this.#completeFromMs, oldest.usedMs + 1)
  }
}
