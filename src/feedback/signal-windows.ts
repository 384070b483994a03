import { ModelspineError } from '../errors.ts'
import type { MetricReading } from '../telemetry/contract.ts'
import { type Counted, SeriesSet } from '../windows/series-set.ts'
import type { Span } from '../windows/time-window.ts'
import { checkBound } from './check-bound.ts'

export interface SignalWindowsOptions {
  readonly startedAtMs: number
  readonly bucketMs: number
  readonly keepMs: number
  /** The most series of each metric. */
  readonly maxSeries: number
  readonly maxOutcomes: number
}

/** The deployment, the revision and the time for which a sample counts. */
export interface SamplePlace {
  readonly deployment: string
  /** Empty for the deployment as a whole. */
  readonly revision: string
  readonly atMs: number
}

const [count, sum, sumSquares, shares] = [0, 1, 2, 3]

/** The windows for all numbers from signals, by metric and revision. */
export class SignalWindows {
  readonly #options: SignalWindowsOptions
  readonly #byMetric: Map<string, SeriesSet> = new Map()
  #outcomes = 0

  /** Throws `invalid-options`. */
  constructor(options: SignalWindowsOptions) {
    checkBound('maxOutcomes', options.maxOutcomes, 0)
    this.#options = options
    for (const metric of ['labels.accuracy', 'labels.late', 'ratings.mean']) this.#open(metric)
  }

  /** Whether this time is so long ago that no metric reaches it. */
  isForgotten(atMs: number, nowMs: number): boolean {
    return atMs < nowMs - this.#options.keepMs
  }

  get evicted(): number {
    let evicted = 0
    for (const series of this.#byMetric.values()) evicted += series.evicted
    return evicted
  }

  /** The metric of an outcome. Throws `invalid-options` when there are too many names already. */
  openOutcome(name: string): string {
    const metric = `outcomes.${name}`
    if (this.#byMetric.has(metric)) return metric
    if (this.#outcomes >= this.#options.maxOutcomes) {
      const message = `signal.name is "${name}", and ${this.#outcomes} other outcomes are counted already; use one of them or raise maxOutcomes`
      throw new ModelspineError('invalid-options', message, { details: { field: 'signal.name' } })
    }
    this.#outcomes += 1
    this.#open(metric)
    return metric
  }

  /** Adds `hits` out of `total` to a ratio. */
  addShare(metric: string, { deployment, revision, atMs }: SamplePlace, hits: number, total: number): void {
    const window = this.#byMetric.get(metric)?.at(deployment, revision, atMs)
    window?.add(count, total)
    window?.add(sum, hits)
    window?.add(sumSquares, hits)
    window?.add(shares, total)
  }

  addNumber(metric: string, { deployment, revision, atMs }: SamplePlace, value: number): void {
    const window = this.#byMetric.get(metric)?.at(deployment, revision, atMs)
    window?.addSample(count, value)
  }

  /**
   * A ratio if only ratios were counted, otherwise a distribution. An outcome that never came has no data.
   */
  read(
    metric: string,
    deployment: string,
    revision: string | undefined,
    span: Span,
    nowMs: number,
  ): MetricReading {
    const series = this.#byMetric.get(metric) ?? this.#byMetric.get('labels.accuracy')
    const counted = series?.read(deployment, revision, span, nowMs)
    if (counted === undefined) return { kind: 'no-data' }
    return this.#byMetric.has(metric) ? readingOf(counted) : { kind: 'no-data', covered: counted.covered }
  }

  #open(metric: string): void {
    this.#byMetric.set(metric, new SeriesSet({ ...this.#options, sums: 4, tallies: 0 }))
  }
}

function readingOf({ sums, covered }: Counted): MetricReading {
  const [total = 0, added = 0, squares = 0, shared = 0] = sums
  if (total === 0) return { kind: 'no-data', covered }
  if (shared === total) return { kind: 'ratio', hits: added, total, covered }
  return { kind: 'distribution', count: total, sum: added, sumSquares: squares, covered }
}
