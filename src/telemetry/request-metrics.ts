import type { ErrorCode } from '../errors.ts'
import { histogramCells, percentile } from '../windows/histogram.ts'
import type { Counted } from '../windows/series-set.ts'
import type { MetricReading } from './contract.ts'

/** The index of each column in a request window. A spread takes three columns: count, sum, sum of squares. */
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
} as const

export const requestCells: { readonly sums: number; readonly tallies: number } = {
  sums: 18,
  tallies: histogramCells,
}

type Read = (counted: Counted) => MetricReading

function ratio(hits: number, total: number): Read {
  return ({ sums, covered }) =>
    sums[total] === 0
      ? { kind: 'no-data', covered }
      : { kind: 'ratio', hits: sums[hits] as number, total: sums[total] as number, covered }
}

function spread(column: number): Read {
  return ({ sums, covered }) => {
    const count = sums[column] as number
    if (count === 0) return { kind: 'no-data', covered }
    const [sum, sumSquares] = [sums[column + 1] as number, sums[column + 2] as number]
    return { kind: 'distribution', count, sum, sumSquares, covered }
  }
}

function quantile(share: number): Read {
  return ({ sums, tallies, covered }) => {
    const value = percentile(tallies, share)
    return value === undefined
      ? { kind: 'no-data', covered }
      : { kind: 'value', value, count: sums[columns.latency] as number, covered }
  }
}

function attempts(per: (count: number, counted: Counted) => number): Read {
  return (counted) => {
    const count = counted.sums[columns.attempts] as number
    const { covered } = counted
    return count === 0
      ? { kind: 'no-data', covered }
      : { kind: 'value', value: per(count, counted), count, covered }
  }
}

/** Every metric of the request windows, with the function that reads it from the counts. */
export const requestMetrics: Readonly<Record<string, Read>> = {
  'requests.errors': ratio(columns.failed, columns.judged),
  'requests.total': attempts((count) => count),
  'requests.perSecond': attempts((count, { coveredMs }) => count / (Math.max(1, coveredMs) / 1000)),
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
