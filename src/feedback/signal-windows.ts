import { ModelspineError } from '../errors.ts'
import type { MetricReading } from '../telemetry/contract.ts'
import { PendingCounts } from '../windows/pending-counts.ts'
import { type Counted, SeriesSet } from '../windows/series-set.ts'
import type { SharedCounts } from '../windows/shared-counts.ts'
import type { SteadyTime } from '../windows/steady-time.ts'
import type { Span, TimeWindow } from '../windows/time-window.ts'
import { checkBound } from './check-bound.ts'

export interface SignalWindowsOptions {
  readonly startedAtMs: number
  readonly time: SteadyTime
  readonly bucketMs: number
  readonly keepMs: number
  /** About how many bytes all numbers may take. */
  readonly maxBytes: number
  readonly maxOutcomes: number
  /** Told of what is counted for revisions that exist, and has what other processes counted. */
  readonly shared?: SharedCounts
}

/** The deployment, the revision and the time for which a sample counts. */
export interface SamplePlace {
  readonly deployment: string
  /** Empty for the deployment as a whole. */
  readonly revision: string
  readonly atMs: number
  /** Nobody knows a deployment with such a revision: a signal named it. */
  readonly unknown?: boolean
  /** Set when the sample is of a request. */
  readonly request?: { readonly retried: boolean }
}

/** The counts of a metric, and how many requests were answered in the same time. */
export interface CountedSignals {
  readonly counted: Counted
  /** Absent for a metric that does not count at the time of the request. */
  readonly answered?: number
}

const [count, sum, sumSquares, shares] = [0, 1, 2, 3]
/** Requests that have the signal, and samples of requests that another revision had failed before. */
const [heard, retried] = [4, 5]
export const signalCells = { sums: 6, tallies: 0 } as const

/** Answered requests are counted in the column `count` of series whose names begin so. */
const answered = 'answered '

/** Names that nobody knows get this part of the memory. They take nothing from those that exist. */
const unknownShare = 1 / 16

/** The windows for all numbers from signals, by metric and revision. */
export class SignalWindows {
  readonly #options: SignalWindowsOptions
  readonly #known: SeriesSet
  readonly #unknown: SeriesSet
  readonly #answered: PendingCounts
  /** The metrics of outcomes by name. Those that only made-up deployments have take no name from the others. */
  readonly #outcomes: Map<string, string> = new Map()
  readonly #unknownOutcomes: Map<string, string> = new Map()

  /** Throws `invalid-options`. */
  constructor(options: SignalWindowsOptions) {
    checkBound('maxOutcomes', options.maxOutcomes, 0)
    this.#options = options
    const { startedAtMs, time, bucketMs, keepMs, maxBytes, shared } = options
    const bounds = { ...signalCells, startedAtMs, time, bucketMs, keepMs }
    this.#known = new SeriesSet({
      ...bounds,
      maxBytes,
      ...(shared !== undefined && { counted: (...told) => shared.outgoing.add(...told) }),
    })
    this.#answered = new PendingCounts({ series: this.#known, column: count, bucketMs, prefix: answered })
    this.#unknown = new SeriesSet({ ...bounds, maxBytes: Math.ceil(maxBytes * unknownShare) })
  }

  /** Whether this time is so long ago that no metric reaches it. */
  isForgotten(wallMs: number): boolean {
    const { time, keepMs } = this.#options
    return time.at(wallMs) < time.now() - keepMs
  }

  get bytes(): number {
    return this.#known.bytes + this.#unknown.bytes
  }

  get forgotten(): number {
    return this.#known.forgotten + this.#unknown.forgotten
  }

  /**
   * The metric of an outcome, always the same string. Throws `invalid-options` when there are too many names
   * already.
   */
  openOutcome(name: string, unknown = false): string {
    const outcomes = unknown ? this.#unknownOutcomes : this.#outcomes
    const open = outcomes.get(name)
    if (open !== undefined) return open
    if (outcomes.size >= this.#options.maxOutcomes) {
      const message = `signal.name is "${name}", and ${outcomes.size} other outcomes are counted already; use one of them or raise maxOutcomes`
      throw new ModelspineError('invalid-options', message, { details: { field: 'signal.name' } })
    }
    const metric = `outcomes.${name}`
    outcomes.set(name, metric)
    return metric
  }

  /** Counts an answered request. */
  addAnswered(deployment: string, revision: string, atMs: number): void {
    this.#answered.add(deployment, revision, atMs)
  }

  /** Adds `hits` out of `total` to a ratio. */
  addShare(metric: string, place: SamplePlace, hits: number, total: number): void {
    const window = this.#setOf(place).at(groupOf(metric, place.deployment), place.revision, place.atMs)
    window.add(count, total)
    window.add(sum, hits)
    window.add(sumSquares, hits)
    window.add(shares, total)
    addRequest(window, place, total)
  }

  addNumber(metric: string, place: SamplePlace, value: number): void {
    const window = this.#setOf(place).at(groupOf(metric, place.deployment), place.revision, place.atMs)
    window.addSample(count, value)
    addRequest(window, place, 1)
  }

  /** The counts of one metric. `unknown` says that nobody knows such a revision. */
  read(
    metric: string,
    { deployment, revision, unknown }: { deployment: string; revision: string | undefined; unknown: boolean },
    span: Span,
    nowMs: number,
  ): CountedSignals {
    const group = groupOf(metric, deployment)
    const groups = metric === 'labels.late' ? [group] : [group, answered + deployment]
    this.#answered.flush()
    const [known, requests] = this.#known.readTogether(groups, revision, span, nowMs) as [Counted, Counted?]
    // A name may have become known only after its first signals.
    const other = this.#unknown.read(group, revision, span, nowMs)
    const fromMs = unknown ? Math.max(known.covered.fromMs, other.covered.fromMs) : known.covered.fromMs
    const covered = { fromMs, toMs: Math.max(fromMs, known.covered.toMs) }
    const sums = known.sums.map((each, column) => each + (other.sums[column] as number))
    const coveredMs = unknown ? Math.min(known.coveredMs, other.coveredMs) : known.coveredMs
    const own = [
      { sums, tallies: known.tallies, covered, coveredMs },
      ...(requests === undefined ? [] : [requests]),
    ]
    const [counted, all] = (this.#options.shared?.addTogether(own, groups, revision, span, nowMs) ?? own) as [
      Counted,
      Counted?,
    ]
    return all === undefined ? { counted } : { counted, answered: all.sums[count] as number }
  }

  /** Closes what is being counted, so that `shared` has heard of every signal. */
  closeAll(): void {
    this.#answered.flush()
    this.#known.closeAll()
  }

  #setOf({ unknown }: SamplePlace): SeriesSet {
    return unknown === true ? this.#unknown : this.#known
  }
}

/** The name under which a deployment's numbers of one metric are kept. */
function groupOf(metric: string, deployment: string): string {
  return `${metric} ${deployment}`
}

function addRequest(window: TimeWindow, { request }: SamplePlace, samples: number): void {
  if (request === undefined) return
  window.add(heard, 1)
  if (request.retried) window.add(retried, samples)
}

/** A ratio if only ratios were counted, otherwise a distribution. */
export function signalReading({ counted, answered: expected }: CountedSignals): MetricReading {
  const { sums, covered } = counted
  const [total = 0, added = 0, squares = 0, shared = 0] = sums
  const arrived = expected === undefined ? undefined : { expected, heard: sums[heard] as number }
  if (total === 0) return { kind: 'no-data', covered, ...arrived }
  const context = { covered, retried: sums[retried] as number, ...arrived }
  if (shared === total) return { kind: 'ratio', hits: added, total, ...context }
  return { kind: 'distribution', count: total, sum: added, sumSquares: squares, ...context }
}
