import type { ErrorCode } from '../errors.ts'
import { histogramBounds, histogramCells } from '../windows/histogram.ts'
import type { Counted } from '../windows/series-set.ts'
import type { MetricReading, ReadingContext } from './contract.ts'

/**
 * The index of each column in a request window. A spread takes three columns: count, sum, sum of squares. Processes of
 * other versions tell each other columns by their index. So a new column has a new index.
 */
export const columns = {
  attempts: 0,
  /** The attempts that tell something about the upstream: it answered them, or it failed them. */
  judged: 1,
  failed: 2,
  latency: 3,
  firstOutput: 6,
  inputTokens: 9,
  outputTokens: 12,
  allTokens: 15,
  /** The requests that came to the revision first. They count when they begin. */
  assigned: 18,
} as const

/**
 * Where the samples of a column are counted once more, if another revision had failed their requests before: by the
 * index of the column.
 */
export const retriedColumns = { 0: 19, 1: 20, 3: 21, 6: 22, 9: 23, 12: 24, 15: 25 } as const

/** A column that counts samples. */
export type SampleColumn = keyof typeof retriedColumns

export const requestCells: { readonly sums: number; readonly tallies: number } = {
  sums: 26,
  tallies: histogramCells,
}

type Read = (counted: Counted) => MetricReading

/** What every reading of these samples tells beside its own numbers. */
function contextOf({ sums, covered }: Counted, samples: SampleColumn): ReadingContext {
  return {
    covered,
    assigned: sums[columns.assigned] as number,
    retried: sums[retriedColumns[samples]] as number,
  }
}

/** Requests may have begun that have no sample. */
function noData({ sums, covered }: Counted): MetricReading {
  return { kind: 'no-data', covered, assigned: sums[columns.assigned] as number }
}

function ratio(hits: number, total: SampleColumn): Read {
  return (counted) => {
    const { sums } = counted
    if (sums[total] === 0) return noData(counted)
    return {
      kind: 'ratio',
      hits: sums[hits] as number,
      total: sums[total] as number,
      ...contextOf(counted, total),
    }
  }
}

function spread(column: SampleColumn): Read {
  return (counted) => {
    const { sums } = counted
    const count = sums[column] as number
    if (count === 0) return noData(counted)
    const [sum, sumSquares] = [sums[column + 1] as number, sums[column + 2] as number]
    return { kind: 'distribution', count, sum, sumSquares, ...contextOf(counted, column) }
  }
}

function quantile(share: number): Read {
  return (counted) => {
    const { sums, tallies } = counted
    if (sums[columns.latency] === 0) return noData(counted)
    const cells = { quantile: share, bounds: histogramBounds, counts: Array.from(tallies) }
    return { kind: 'histogram', ...cells, ...contextOf(counted, columns.latency) }
  }
}

function attempts(read: (count: number, context: ReadingContext, coveredMs: number) => MetricReading): Read {
  return (counted) => {
    const count = counted.sums[columns.attempts] as number
    return count === 0
      ? noData(counted)
      : read(count, contextOf(counted, columns.attempts), counted.coveredMs)
  }
}

/** Every metric of the request windows, with the function that reads it from the counts. */
export const requestMetrics: Readonly<Record<string, Read>> = {
  'requests.errors': ratio(columns.failed, columns.judged),
  'requests.total': attempts((count, context) => ({ kind: 'value', value: count, count, ...context })),
  'requests.perSecond': attempts((count, context, coveredMs) => ({
    kind: 'events',
    events: count,
    exposureMs: Math.max(1, coveredMs),
    ...context,
  })),
  'requests.latency': spread(columns.latency),
  'requests.latency.p50': quantile(0.5),
  'requests.latency.p90': quantile(0.9),
  'requests.latency.p95': quantile(0.95),
  'requests.latency.p99': quantile(0.99),
  'requests.firstOutput': spread(columns.firstOutput),
  'tokens.input': spread(columns.inputTokens),
  'tokens.output': spread(columns.outputTokens),
  'tokens.total': spread(columns.allTokens),
}

/**
 * With these codes the request itself was refused, or the caller no longer waited for the answer. So they
 * tell nothing about the upstream.
 */
const notTheUpstreams: ReadonlySet<ErrorCode> = new Set([
  'bad-request',
  'aborted',
  'content-filter',
  'context-length',
  'unsupported',
])

/** Whether a failed attempt is the upstream's fault. An attempt without a code is. */
export function isUpstreamFault(code: ErrorCode | undefined): boolean {
  return code === undefined || !notTheUpstreams.has(code)
}
