import { squaresOf } from '../exported-names.ts'
import { type Series, type SeriesBound, SeriesMap } from './series.ts'
import { headText, type Labels, lineText, numberText } from './text-format.ts'

/** One metric, or some that are counted together, with all series. */
export interface Family {
  readonly series: number
  readonly forgotten: number
  /** Empty while there is no series. */
  text(nowMs: number): string
}

export interface CounterCells {
  count: number
}

/** A counter. */
export class CounterFamily implements Family {
  readonly #name: string
  readonly #help: string
  readonly #map: SeriesMap<CounterCells>
  readonly #scale: number

  /** `scale`: how much of what is counted is 1 in the text. Default 1. */
  constructor(name: string, help: string, bound: SeriesBound, scale: number = 1) {
    this.#name = name
    this.#help = help
    this.#scale = scale
    this.#map = new SeriesMap(bound, () => ({ count: 0 }))
  }

  get series(): number {
    return this.#map.size
  }

  get forgotten(): number {
    return this.#map.forgotten
  }

  at(labels: Labels): Series<CounterCells> {
    return this.#map.at(labels)
  }

  add(atMs: number, labels: Labels): void {
    this.addTo(this.#map.at(labels), atMs, 1)
  }

  addTo(series: Series<CounterCells>, atMs: number, amount: number): void {
    series.changedMs = atMs
    series.cells.count += amount
  }

  text(nowMs: number): string {
    let text = ''
    for (const { labels, cells } of this.#map.all(nowMs))
      text += lineText(this.#name, labels, cells.count / this.#scale)
    return text && headText(this.#name, 'counter', this.#help) + text
  }
}

export interface HistogramCells {
  readonly buckets: number[]
  sum: number
  squares: number
}

export interface HistogramOptions extends SeriesBound {
  /** The upper ends of the buckets, ascending. The one without an end is added. */
  readonly bounds: readonly number[]
  /** Also shows the sum of squares, from which readers compute the spread. */
  readonly squares?: boolean
}

export class HistogramFamily implements Family {
  readonly #name: string
  readonly #help: string
  readonly #options: HistogramOptions
  readonly #map: SeriesMap<HistogramCells>

  constructor(name: string, help: string, options: HistogramOptions) {
    this.#name = name
    this.#help = help
    this.#options = options
    const { length } = options.bounds
    this.#map = new SeriesMap(options, () => ({ buckets: new Array(length + 1).fill(0), sum: 0, squares: 0 }))
  }

  get series(): number {
    return this.#map.size
  }

  get forgotten(): number {
    return this.#map.forgotten
  }

  at(labels: Labels): Series<HistogramCells> {
    return this.#map.at(labels)
  }

  observe(series: Series<HistogramCells>, atMs: number, value: number): void {
    const { bounds } = this.#options
    const { cells } = series
    let place = 0
    while (place < bounds.length && value > (bounds[place] as number)) place += 1
    cells.buckets[place] = (cells.buckets[place] as number) + 1
    cells.sum += value
    cells.squares += value * value
    series.changedMs = atMs
  }

  text(nowMs: number): string {
    const name = this.#name
    const { bounds, squares = false } = this.#options
    const ends = [...bounds.map(numberText), '+Inf']
    let text = ''
    let squared = ''
    for (const { labels, cells } of this.#map.all(nowMs)) {
      const lead = labels === '' ? '' : `${labels},`
      let count = 0
      for (const [place, end] of ends.entries()) {
        count += cells.buckets[place] as number
        text += `${name}_bucket{${lead}le="${end}"} ${count}\n`
      }
      text += lineText(`${name}_sum`, labels, cells.sum) + lineText(`${name}_count`, labels, count)
      if (squares) squared += lineText(squaresOf(name), labels, cells.squares)
    }
    if (text === '') return ''
    const head = headText(name, 'histogram', this.#help)
    if (!squares) return head + text
    const squaredHead = headText(squaresOf(name), 'counter', `${this.#help} The sum of its squares.`)
    return head + text + squaredHead + squared
  }
}
