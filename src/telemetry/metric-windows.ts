import type { Clock } from '../clock.ts'
import { throwIfAborted } from '../errors.ts'
import { cellOf } from '../windows/histogram.ts'
import { seriesLabels } from '../windows/series-labels.ts'
import { SeriesSet } from '../windows/series-set.ts'
import { type SharedCounts, sharedDelayMs } from '../windows/shared-counts.ts'
import { SteadyTime } from '../windows/steady-time.ts'
import type { TimeWindow } from '../windows/time-window.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type {
  AttemptRecord,
  MetricQuery,
  MetricReading,
  NamedMetricSource,
  RequestObserver,
  RequestWatch,
} from './contract.ts'
import { promptTokens } from './prompt-tokens.ts'
import { columns, isUpstreamFault, requestCells, requestMetrics } from './request-metrics.ts'

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
 * The error of percentiles is at most 6 %.
 */
export function createMetricWindows(options: MetricWindowsOptions): MetricWindows {
  const { clock, shared } = options
  const series = new SeriesSet({
    ...requestCells,
    ...(shared !== undefined && { counted: (...told) => shared.outgoing.add(...told) }),
    startedAtMs: clock.now(),
    time: new SteadyTime(clock),
    bucketMs: options.bucketMs ?? 250,
    keepMs: options.keepMs ?? 86_400_000,
    maxBytes: options.maxBytes ?? 256 * 1024 * 1024,
  })
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
      const own = series.read(deployment, revision, interval, clock.now())
      return read(shared?.addTo(own, deployment, revision, interval, clock.now()) ?? own)
    },
    closeCounts: () => series.closeAll(),
  }
  return windows
}

function count(window: TimeWindow, record: AttemptRecord): void {
  const { outcome, usage, durationMs, firstOutputMs } = record
  window.add(columns.attempts, 1)
  if (outcome === 'ok') {
    window.add(columns.judged, 1)
    window.addSample(columns.latency, durationMs)
    window.tally(cellOf(durationMs))
  } else if (outcome === 'failed' && isUpstreamFault(record.code)) {
    window.add(columns.judged, 1)
    window.add(columns.failed, 1)
  }
  if (firstOutputMs !== undefined) window.addSample(columns.firstOutput, firstOutputMs)
  // Only numbers of the vendor count.
  if (usage.estimated === true) return
  const input = promptTokens(usage)
  const { outputTokens } = usage
  if (input !== undefined) window.addSample(columns.inputTokens, input)
  if (outputTokens !== undefined) window.addSample(columns.outputTokens, outputTokens)
  if (input === undefined && outputTokens === undefined) return
  window.addSample(columns.allTokens, (input ?? 0) + (outputTokens ?? 0))
}
