import { type Labels, labelText } from './text-format.ts'

export interface SeriesBound {
  /** The most series of one metric. */
  readonly maxSeries: number
  /** How long a series is kept in which nothing is counted, in milliseconds. */
  readonly keepMs: number
}

export interface Series<Cells> {
  /** As they stand between braces. */
  readonly labels: string
  readonly cells: Cells
  changedMs: number
  /** Whether what is counted here is still shown. */
  isKept: boolean
}

/** Above the bound, so many parts of it are forgotten at once, so that few counts pay for the search. */
const keptShare = 7 / 8

/**
 * The series of one metric. Above `maxSeries` those are forgotten in which nothing was counted for longest.
 * Prometheus reads a series that begins again at zero as a counter that was reset.
 */
export class SeriesMap<Cells> {
  readonly #bound: SeriesBound
  readonly #make: () => Cells
  readonly #series: Map<string, Series<Cells>> = new Map()
  #forgotten = 0

  constructor(bound: SeriesBound, make: () => Cells) {
    this.#bound = bound
    this.#make = make
  }

  get size(): number {
    return this.#series.size
  }

  /** How many series were forgotten because there were too many. */
  get forgotten(): number {
    return this.#forgotten
  }

  at(labels: Labels): Series<Cells> {
    const text = labelText(labels)
    const found = this.#series.get(text)
    if (found !== undefined) return found
    if (this.#series.size >= this.#bound.maxSeries) this.#forget()
    const series = { labels: text, cells: this.#make(), changedMs: Number.NEGATIVE_INFINITY, isKept: true }
    this.#series.set(text, series)
    return series
  }

  /** What is kept. */
  all(nowMs: number): Iterable<Series<Cells>> {
    for (const series of this.#series.values()) {
      if (series.changedMs < nowMs - this.#bound.keepMs) this.#drop(series)
    }
    return this.#series.values()
  }

  #forget(): void {
    const idlest = [...this.#series.values()].sort((left, right) => left.changedMs - right.changedMs)
    const kept = Math.floor(this.#bound.maxSeries * keptShare)
    for (const series of idlest.slice(0, idlest.length - kept)) this.#drop(series)
    this.#forgotten += idlest.length - kept
  }

  #drop(series: Series<Cells>): void {
    series.isKept = false
    this.#series.delete(series.labels)
  }
}

/**
 * Finds a series again without its labels, which would have to be written at each count. `of` is one object for
 * as long as what it stands for is declared, such as an upstream of the route table; then it is let go. The two
 * names are from small sets.
 */
export class SeriesMemo<Cells> {
  readonly #found: WeakMap<object, Map<string, Map<string, Series<Cells>>>> = new WeakMap()

  find(of: object, first: string, second: string, make: () => Series<Cells>): Series<Cells> {
    const found = this.#found.get(of)?.get(first)?.get(second)
    return found?.isKept === true ? found : this.#keep(of, first, second, make())
  }

  #keep(of: object, first: string, second: string, series: Series<Cells>): Series<Cells> {
    const firsts = this.#found.get(of) ?? new Map<string, Map<string, Series<Cells>>>()
    const seconds = firsts.get(first) ?? new Map<string, Series<Cells>>()
    this.#found.set(of, firsts.set(first, seconds.set(second, series)))
    return series
  }
}
