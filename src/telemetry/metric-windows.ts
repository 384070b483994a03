import type { Clock } from '../clock.ts'
import { throwIfAborted } from '../errors.ts'
import { cellOf } from '../windows/histogram.ts'
import { PendingCounts } from '../windows/pending-counts.ts'
import { seriesLabels } from '../windows/series-labels.ts'
import { SeriesSet } from '../windows/series-set.ts'
import { type SharedCounts, sharedDelayMs } from '../windows/shared-counts.ts'
import { SteadyTime } from '../windows/steady-time.ts'
import type { TimeWindow } from '../windows/time-window.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type {
  AttemptRecord,
  AttemptStart,
  MetricQuery,
  MetricReading,
  NamedMetricSource,
  RequestObserver,
  RequestWatch,
} from './contract.ts'
import { promptTokens } from './prompt-tokens.ts'
import {
  columns,
  isUpstreamFault,
  requestCells,
  requestMetrics,
  retriedColumns,
  type SampleColumn,
} from './request-metrics.ts'

export interface MetricWindowsOptions {
  readonly clock: Clock
  /** The finest resolution, in milliseconds. Default 250. */
  readonly bucketMs?: number
  /** How far back answers reach, in milliseconds. Default 24 hours. */
  readonly keepMs?: number
  /**
   * About how many bytes the numbers of all revisions may take. A revision takes some 70 kB when it is busy all
   * day, and a few hundred bytes when it was asked a few times. Above the limit the oldest numbers of all
   * revisions are forgotten, and answers say so. Default 256 MiB.
   */
  readonly maxBytes?: number
  /** Adds the counts of other processes, which come `sharedDelayMs` late. */
  readonly shared?: SharedCounts
}

/** Watches every request as itself, because it keeps nothing for a single one. */
export interface MetricWindows extends NamedMetricSource, RequestObserver, RequestWatch {
  attempting(start: AttemptStart): void
  attempted(record: AttemptRecord): void
  query(query: MetricQuery): MetricReading
  /** How many revisions have numbers, and about how many bytes they take. */
  readonly series: number
  readonly bytes: number
  /** How often the oldest numbers were forgotten, because they took more than `maxBytes`. */
  readonly forgotten: number
  /** Closes what is being counted, so that `shared` has heard of every attempt. */
  closeCounts(): void
}

/**
 * Measures every attempt per revision, in this process and in bounded memory. See docs/telemetry.md for each
 * metric, its unit and what it counts. A reading consists of whole buckets. A bucket that the interval cuts
 * at either end is left out. Such a bucket is at most as long as `bucketMs`, or as a sixteenth of its age.
 * The cells of percentiles are 12 % wide.
 */
export function createMetricWindows(options: MetricWindowsOptions): MetricWindows {
  const { clock, shared, bucketMs = 250 } = options
  const series = new SeriesSet({
    ...requestCells,
    ...(shared !== undefined && { counted: (...told) => shared.outgoing.add(...told) }),
    startedAtMs: clock.now(),
    time: new SteadyTime(clock),
    bucketMs,
    keepMs: options.keepMs ?? 86_400_000,
    maxBytes: options.maxBytes ?? 256 * 1024 * 1024,
  })
  const begun = new PendingCounts({ series, column: columns.assigned, bucketMs })
  const metrics = Object.keys(requestMetrics)
  const windows: MetricWindows = {
    started: () => windows,
    capabilities(metric) {
      if (!Object.hasOwn(requestMetrics, metric)) throw unknownMetric(metric, metrics)
      return { counts: true, routerMeasured: true, delayMs: shared === undefined ? 0 : sharedDelayMs }
    },
    metrics,
    get series() {
      return series.size
    },
    get bytes() {
      return series.bytes
    },
    get forgotten() {
      return series.forgotten
    },
    attempting({ upstream, startedAtMs, retriedFrom }) {
      const { deployment, revision } = upstream
      if (deployment === undefined || revision === undefined || retriedFrom !== undefined) return
      begun.add(deployment, revision, startedAtMs)
    },
    attempted(record) {
      const { deployment, revision } = record.upstream
      if (deployment === undefined || revision === undefined) return
      count(series.at(deployment, revision, record.endedAtMs), record)
    },
    query({ metric, labels, interval, abortSignal }) {
      throwIfAborted(abortSignal, `the query of ${metric}`)
      const read = Object.hasOwn(requestMetrics, metric) ? requestMetrics[metric] : undefined
      if (read === undefined) throw unknownMetric(metric, metrics)
      const { deployment, revision } = seriesLabels(labels)
      begun.flush()
      const own = series.read(deployment, revision, interval, clock.now())
      return read(shared?.addTo(own, deployment, revision, interval, clock.now()) ?? own)
    },
    closeCounts() {
      begun.flush()
      series.closeAll()
    },
  }
  return windows
}

function count(window: TimeWindow, record: AttemptRecord): void {
  const { outcome, usage, durationMs, firstOutputMs } = record
  const isRetried = record.retriedFrom !== undefined && record.retriedFrom !== record.upstream.revision
  window.add(columns.attempts, 1)
  if (isRetried) window.add(retriedColumns[columns.attempts], 1)
  if (outcome === 'ok') {
    addJudged(window, isRetried)
    addSample(window, columns.latency, durationMs, isRetried)
    window.tally(cellOf(durationMs))
  } else if (outcome === 'failed' && isUpstreamFault(record.code)) {
    addJudged(window, isRetried)
    window.add(columns.failed, 1)
  }
  if (firstOutputMs !== undefined) addSample(window, columns.firstOutput, firstOutputMs, isRetried)
  // Only numbers of the vendor count.
  if (usage.estimated === true) return
  const input = promptTokens(usage)
  const { outputTokens } = usage
  if (input !== undefined) addSample(window, columns.inputTokens, input, isRetried)
  if (outputTokens !== undefined) addSample(window, columns.outputTokens, outputTokens, isRetried)
  if (input === undefined && outputTokens === undefined) return
  addSample(window, columns.allTokens, (input ?? 0) + (outputTokens ?? 0), isRetried)
}

function addJudged(window: TimeWindow, isRetried: boolean): void {
  window.add(columns.judged, 1)
  if (isRetried) window.add(retriedColumns[columns.judged], 1)
}

function addSample(window: TimeWindow, column: SampleColumn, value: number, isRetried: boolean): void {
  window.addSample(column, value)
  if (isRetried) window.add(retriedColumns[column], 1)
}
