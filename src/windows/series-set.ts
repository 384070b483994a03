import { ModelspineError } from '../errors.ts'
import { type Bucket, type Cells, newCells } from './bucket.ts'
import { type Timeline, wallTime } from './steady-time.ts'
import { type Span, TimeWindow, type WindowOptions } from './time-window.ts'

export interface SeriesOptions extends WindowOptions {
  /** When counting began, in milliseconds since the epoch. */
  readonly startedAtMs: number
  /** About how many bytes all series may take. Above it, the oldest numbers of all series are forgotten. */
  readonly maxBytes: number
  /** Hears what was counted in a bucket since it was told last, once for each series and bucket. */
  readonly counted?: (group: string, name: string, bucket: Bucket) => void
  /** The time in which counts are kept. All times that callers give and get are the wall clock's. Default: the same. */
  readonly time?: Timeline
}

/** The counts of an interval, and the part of the interval for which they are complete. */
export interface Counted extends Cells {
  readonly covered: Span
  /** How long that really was. The wall clock may have jumped meanwhile. */
  readonly coveredMs: number
}

interface Series {
  readonly group: string
  readonly name: string
  readonly window: TimeWindow
}

/** What a series takes beside its buckets: its names, its window, its places in the maps. */
const seriesBytes = 400
/** How often in `keepMs` series are looked for that count no more. */
const idleChecks = 24
/** How much is forgotten at once, so that it is rare. */
const keptShare = 0.75

/**
 * Windows by two names, such as deployment and revision, in bounded memory. No series is dropped for another
 * one: when the memory is used up, all of them forget their oldest numbers, and answers say so. A series goes
 * when all its numbers are forgotten.
 */
export class SeriesSet {
  readonly #options: SeriesOptions
  readonly #time: Timeline
  readonly #series: Map<string, Map<string, Series>> = new Map()
  /** Those that count now. Their cells return to `#spare` when time has gone on to another bucket. */
  readonly #open: Set<Series> = new Set()
  readonly #spare: Cells[] = []
  #size = 0
  #bytes = 0
  #forgotten = 0
  #idleCheckedMs: number
  #newestBucket = Number.NEGATIVE_INFINITY
  /** Counts from before this time may be forgotten, or were never made. */
  #completeFromMs: number

  constructor(options: SeriesOptions) {
    for (const name of ['bucketMs', 'keepMs', 'maxBytes'] as const) {
      if (Number.isSafeInteger(options[name]) && options[name] > 0) continue
      const message = `${name} is ${options[name]}: give a whole number above 0`
      throw new ModelspineError('invalid-options', message, { details: { field: name } })
    }
    this.#options = options
    this.#time = options.time ?? wallTime
    this.#completeFromMs = this.#time.at(options.startedAtMs)
    this.#idleCheckedMs = this.#completeFromMs
  }

  get size(): number {
    return this.#size
  }

  /** About how many bytes the series take. */
  get bytes(): number {
    return this.#bytes
  }

  /** How often the oldest numbers were forgotten because there was no room. */
  get forgotten(): number {
    return this.#forgotten
  }

  /** The window to count in, set to `wallMs`. */
  at(group: string, name: string, wallMs: number): TimeWindow {
    const atMs = this.#time.at(wallMs)
    const bucket = Math.floor(atMs / this.#options.bucketMs)
    if (bucket > this.#newestBucket) {
      this.#newestBucket = bucket
      this.closeAll()
      this.#forgetIdle(atMs)
    }
    const series = this.#series.get(group)?.get(name) ?? this.#begin(group, name)
    const { window } = series
    const beforeBytes = window.bytes
    const closed = window.moveTo(atMs)
    if (closed !== undefined) this.#told(series, closed, beforeBytes)
    this.#open.add(series)
    return window
  }

  /** Closes what is being counted, so that `counted` has heard of every count. */
  closeAll(): void {
    for (const series of this.#open) {
      const beforeBytes = series.window.bytes
      const closed = series.window.close()
      if (closed !== undefined) this.#told(series, closed, beforeBytes)
    }
    this.#open.clear()
    if (this.#bytes > this.#options.maxBytes) this.#forget()
  }

  /** Sums over one series. Without a name, sums over all series of the group. */
  read(group: string, name: string | undefined, span: Span, nowMs: number): Counted {
    return this.readTogether([group], name, span, nowMs)[0] as Counted
  }

  /**
   * Sums of several groups. They are of the same buckets, so that their counts can be compared: a bucket that the span
   * cuts in one group is left out in all.
   */
  readTogether(
    groups: readonly string[],
    name: string | undefined,
    span: Span,
    nowMs: number,
  ): readonly Counted[] {
    const now = this.#time.at(nowMs)
    const asked = { fromMs: this.#time.at(span.fromMs), toMs: this.#time.at(span.toMs) }
    const fromMs = Math.max(asked.fromMs, this.#completeFromMs, now - this.#options.keepMs)
    const toMs = Math.max(fromMs, Math.min(asked.toMs, now))
    this.closeAll()
    const found = groups.map((group) => [...this.#found(group, name)])
    const whole = { fromMs, toMs: asked.toMs }
    const read = groups.length > 1 ? uncutSpan(found.flat(), whole, now) : whole
    const beginMs = fromMs === asked.fromMs ? span.fromMs : this.#time.wallAt(fromMs)
    const covered = { fromMs: beginMs, toMs: Math.max(beginMs, Math.min(span.toMs, nowMs)) }
    return found.map((series) => {
      const cells = newCells(this.#options)
      for (const { window } of series) window.read(read, now, cells)
      return { ...cells, covered, coveredMs: toMs - fromMs }
    })
  }

  /** Counts from before this time are not known to be complete. */
  incompleteBefore(wallMs: number): void {
    this.#incompleteBefore(this.#time.at(wallMs))
  }

  #incompleteBefore(timeMs: number): void {
    this.#completeFromMs = Math.max(this.#completeFromMs, timeMs)
  }

  /** A series that counts no more would keep its numbers for ever. */
  #forgetIdle(nowMs: number): void {
    const { keepMs } = this.#options
    if (nowMs < this.#idleCheckedMs + keepMs / idleChecks) return
    this.#idleCheckedMs = nowMs
    this.#forgetBefore(nowMs - keepMs)
  }

  #told({ window, group, name }: Series, closed: Bucket, beforeBytes: number): void {
    this.#bytes += window.bytes - beforeBytes
    const { counted } = this.#options
    if (counted === undefined) return
    const startMs = this.#time.correctedAt(closed.startMs)
    counted(group, name, startMs === closed.startMs ? closed : { ...closed, startMs })
  }

  #found(group: string, name: string | undefined): Iterable<Series> {
    const named = this.#series.get(group)
    if (named === undefined) return []
    if (name === undefined) return named.values()
    const series = named.get(name)
    return series === undefined ? [] : [series]
  }

  #begin(group: string, name: string): Series {
    let named = this.#series.get(group)
    if (named === undefined) {
      named = new Map()
      this.#series.set(group, named)
    }
    const series = { group, name, window: new TimeWindow(this.#options, this.#spare) }
    named.set(name, series)
    this.#size += 1
    this.#bytes += seriesBytes
    return series
  }

  /** Forgets the oldest numbers until there is room, and every series of which nothing is left. */
  #forget(): void {
    const { bucketMs, keepMs, maxBytes } = this.#options
    const nowMs = (this.#newestBucket + 1) * bucketMs
    this.#forgotten += 1
    let reachMs = Math.min(keepMs, nowMs - this.#completeFromMs)
    while (this.#bytes > keptShare * maxBytes && reachMs >= bucketMs) {
      reachMs *= keptShare
      this.#forgetBefore(Math.ceil(nowMs - reachMs))
    }
  }

  #forgetBefore(timeMs: number): void {
    this.#incompleteBefore(timeMs)
    this.#bytes = 0
    for (const [group, named] of this.#series) {
      for (const [name, { window }] of named) {
        if (window.forgetBefore(timeMs)) this.#bytes += seriesBytes + window.bytes
        else {
          named.delete(name)
          this.#size -= 1
        }
      }
      if (named.size === 0) this.#series.delete(group)
    }
  }
}

/** The part of the span that cuts no bucket of any series. A wide bucket begins and ends where narrow ones do. */
function uncutSpan(series: readonly Series[], span: Span, nowMs: number): Span {
  return series.reduce((uncut, { window }) => window.uncut(uncut, nowMs), span)
}
