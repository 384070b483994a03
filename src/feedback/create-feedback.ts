import type { Clock } from '../clock.ts'
import { throwIfAborted } from '../errors.ts'
import { type Key, keyFrom } from '../resources/metadata.ts'
import type {
  AttemptRecord,
  MetricQuery,
  MetricReading,
  NamedMetricSource,
  RequestObserver,
  RequestWatch,
} from '../telemetry/contract.ts'
import { seriesLabels } from '../windows/series-labels.ts'
import { type SharedCounts, sharedDelayMs } from '../windows/shared-counts.ts'
import { SteadyTime } from '../windows/steady-time.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import { checkSignal } from './check-signal.ts'
import type { Feedback, FeedbackCounts, Signal, SignalEvent, SignalOutcome } from './contract.ts'
import { openInferencePrediction, type PredictionOf } from './prediction-of.ts'
import { type RememberedRequest, RequestMemory } from './request-memory.ts'
import { SignalCounter } from './signal-counter.ts'
import { SignalWindows, signalReading } from './signal-windows.ts'

export interface FeedbackOptions {
  readonly clock: Clock
  /** Reads the prediction from a deployment's reply. Default: `openInferencePrediction`. */
  readonly predictionOf?: PredictionOf
  /**
   * How many of the newest answered requests are remembered, so that signals can name them. Default 100,000.
   */
  readonly maxRequests?: number
  /** How many of these requests keep their reply for labels. Default 50,000. */
  readonly maxPredictions?: number
  /** How many bytes these replies may take. Default 64 MiB. */
  readonly maxPredictionBytes?: number
  /** The finest resolution of the metrics, in milliseconds. Default 250. */
  readonly bucketMs?: number
  /** How far back the metrics reach, in milliseconds. Default 24 hours. */
  readonly keepMs?: number
  /**
   * About how many bytes the numbers of all revisions may take. A revision takes up to 50 kB for each metric,
   * and as much for its answers.
   * Above the limit the oldest numbers of all revisions are forgotten, and answers say so. A sixteenth more is
   * for deployments and revisions that nobody knows. Default 128 MiB.
   */
  readonly maxBytes?: number
  /** The most names of outcomes. A signal with a further name is refused. Default 32. */
  readonly maxOutcomes?: number
  /**
   * Whether a deployment, or a revision of it, exists. Only signals that name a deployment are checked.
   * Default: none is known.
   */
  readonly isKnown?: (deployment: Key, revision: string | undefined) => boolean
  /** Adds the counts of other processes, which come `sharedDelayMs` late. */
  readonly shared?: SharedCounts
}

/** Watches every request as itself, because it keeps only what an attempt tells. */
export interface FeedbackRoom extends Feedback, NamedMetricSource, RequestObserver, RequestWatch {
  attempted(record: AttemptRecord): void
  query(query: MetricQuery): MetricReading
  /** Closes what is being counted, so that `shared` has heard of every signal. */
  closeCounts(): void
}

const metrics = ['labels.accuracy', 'labels.late', 'ratings.mean', 'outcomes.*'] as const

/** Joins each signal to the request that it is about, in fixed memory. See docs/feedback.md. */
export function createFeedback(options: FeedbackOptions): FeedbackRoom {
  const { clock, predictionOf = openInferencePrediction, isKnown = () => false, shared } = options
  const memory = new RequestMemory({
    maxRequests: options.maxRequests ?? 100_000,
    maxPredictions: options.maxPredictions ?? 50_000,
    maxPredictionBytes: options.maxPredictionBytes ?? 64 * 1024 * 1024,
  })
  const time = new SteadyTime(clock)
  const windows = new SignalWindows({
    startedAtMs: clock.now(),
    time,
    bucketMs: options.bucketMs ?? 250,
    keepMs: options.keepMs ?? 86_400_000,
    maxBytes: options.maxBytes ?? 128 * 1024 * 1024,
    maxOutcomes: options.maxOutcomes ?? 32,
    ...(shared !== undefined && { shared }),
  })
  const outcomes: Record<SignalOutcome, number> = {
    joined: 0,
    accepted: 0,
    late: 0,
    duplicate: 0,
    unknown: 0,
    unreadable: 0,
  }
  const lateOf: Record<Signal['kind'], number> = { label: 0, rating: 0, outcome: 0 }
  const counter = new SignalCounter({ clock, memory, windows, predictionOf, isKnown })
  const listeners = new Set<(event: SignalEvent) => void>()
  let listenerFailures = 0

  const tell = (event: SignalEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch {
        listenerFailures += 1
      }
    }
  }

  const room: FeedbackRoom = {
    started: () => room,
    capabilities(metric) {
      if (!isMetric(metric)) throw unknownMetric(metric, metrics)
      return { counts: true, routerMeasured: true, delayMs: shared === undefined ? 0 : sharedDelayMs }
    },
    metrics,
    get counts(): FeedbackCounts {
      return {
        ...outcomes,
        lateOf: { ...lateOf },
        remembered: memory.replies,
        rememberedBytes: memory.bytes,
        forgotten: windows.forgotten,
        listenerFailures,
      }
    },
    attempted(record) {
      // So that signals find the moment of the request also when the clock jumps later.
      time.now()
      if (record.outcome !== 'ok') return
      memory.remember(record)
      const { deployment, revision = '' } = record.upstream
      if (deployment !== undefined) windows.addAnswered(deployment, revision, record.endedAtMs)
    },
    record(signal) {
      checkSignal(signal, clock.now())
      const request = signal.requestId === undefined ? undefined : memory.find(signal.requestId)
      const outcome =
        signal.requestId === undefined
          ? counter.accept(signal)
          : request === undefined
            ? 'unknown'
            : counter.join(signal, request)
      outcomes[outcome] += 1
      if (outcome === 'late') lateOf[signal.kind] += 1
      if (listeners.size > 0) tell(eventOf(signal, outcome, clock.now(), request))
      return { outcome }
    },
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    query({ metric, labels, interval, abortSignal }) {
      throwIfAborted(abortSignal, `the query of ${metric}`)
      if (!isMetric(metric)) throw unknownMetric(metric, metrics)
      const { deployment, revision } = seriesLabels(labels)
      const unknown = !isKnown(deployment as Key, revision)
      return signalReading(windows.read(metric, { deployment, revision, unknown }, interval, clock.now()))
    },
    closeCounts: () => windows.closeAll(),
  }
  return room
}

function isMetric(metric: string): boolean {
  if (metric.startsWith('outcomes.')) return metric !== 'outcomes.'
  return metrics.some((name) => name === metric)
}

function eventOf(
  signal: Signal,
  outcome: SignalOutcome,
  receivedAtMs: number,
  request: RememberedRequest | undefined,
): SignalEvent {
  if (signal.requestId === undefined) {
    const { deployment, revision, atMs = receivedAtMs } = signal
    const about = { deployment: keyFrom(deployment), ...(revision !== undefined && { revision }) }
    return { signal, outcome, receivedAtMs, predictedAtMs: atMs, ...about }
  }
  if (request === undefined) return { signal, outcome, receivedAtMs }
  const { deployment, revision, atMs } = request
  const about = {
    ...(deployment !== undefined && { deployment }),
    ...(revision !== undefined && { revision }),
  }
  return { signal, outcome, receivedAtMs, predictedAtMs: atMs, ...about }
}
