import { ModelspineError } from '../errors.ts'
import type { WindowCells } from './bucket.ts'
import { type CountEntry, OutgoingCounts } from './outgoing-counts.ts'
import { type Counted, SeriesSet } from './series-set.ts'
import type { SteadyTime } from './steady-time.ts'
import type { Span } from './time-window.ts'

export interface SharedCountsOptions extends WindowCells {
  readonly startedAtMs: number
  readonly keepMs: number
  /** As `SeriesOptions.maxBytes`, for what the other processes counted. */
  readonly maxBytes: number
  readonly time: SteadyTime
}

/** How often a process tells what it counted, and reads what the others told. */
export const shareEveryMs = 1000
/** A count is told within a second, written within another and read within a third. */
export const sharedDelayMs: number = 3 * shareEveryMs
/** An answer may lack what was not read for so long. Then there is no answer. */
const staleMs = 5 * shareEveryMs
const maxEntries = 20_000
/** How far another machine's clock may be ahead. */
const maxAheadMs = 5000

/** What this process counted for the others, and what the others counted, for series of one sort. */
export class SharedCounts {
  readonly outgoing: OutgoingCounts = new OutgoingCounts({ bucketMs: shareEveryMs, maxEntries })
  readonly #others: SeriesSet
  readonly #time: SteadyTime
  #readMs: number

  constructor(options: SharedCountsOptions) {
    this.#others = new SeriesSet({ ...options, bucketMs: shareEveryMs })
    this.#time = options.time
    this.#readMs = options.time.at(options.startedAtMs)
  }

  /** Adds what another process counted. Leaves out what has not the form of an entry, or is not yet. */
  merge({ group, name, bucket }: CountEntry, nowMs: number): void {
    if (bucket.startMs > nowMs + maxAheadMs) return
    this.#others.at(group, name, bucket.startMs).addCounts(bucket)
  }

  /** All that the others told was read at this time. */
  readAt(wallMs: number): void {
    this.#readMs = this.#time.at(wallMs)
  }

  /** Counts of others from before this time may be missing. */
  incompleteBefore(timeMs: number): void {
    this.#others.incompleteBefore(timeMs)
  }

  /**
   * The counts of all processes. Throws `metric-error` when what the others told was not read for so long that
   * counts of the span may be missing.
   */
  addTo(own: Counted, group: string, name: string | undefined, span: Span, nowMs: number): Counted {
    return this.addTogether([own], [group], name, span, nowMs)[0] as Counted
  }

  /** As `addTo`, for what was read together of several groups. */
  addTogether(
    own: readonly Counted[],
    groups: readonly string[],
    name: string | undefined,
    span: Span,
    nowMs: number,
  ): readonly Counted[] {
    const steadyMs = this.#time.now()
    const endMs = Math.min(this.#time.at(span.toMs), steadyMs - sharedDelayMs)
    if (this.#readMs + staleMs < endMs) {
      throw new ModelspineError(
        'metric-error',
        `what other processes measured was read last ${Math.round((steadyMs - this.#readMs) / 1000)} s ago`,
      )
    }
    const others = this.#others.readTogether(groups, name, span, nowMs)
    return own.map((each, place) => sumOf(each, others[place] as Counted))
  }
}

function sumOf(own: Counted, others: Counted): Counted {
  const fromMs = Math.max(own.covered.fromMs, others.covered.fromMs)
  return {
    sums: own.sums.map((sum, column) => sum + (others.sums[column] as number)),
    tallies: own.tallies.map((tally, cell) => tally + (others.tallies[cell] as number)),
    covered: { fromMs, toMs: Math.max(fromMs, own.covered.toMs) },
    coveredMs: Math.min(own.coveredMs, others.coveredMs),
  }
}
