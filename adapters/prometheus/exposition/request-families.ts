import {
  type AttemptRecord,
  durationBuckets,
  type Operation,
  operationNames,
  promptTokens,
  type RequestObserver,
  type RequestRecord,
  tokenBuckets,
} from 'modelspine/adapter'
import { exportedLabels as label, exportedMetrics as metric } from '../exported-names.ts'
import { type Family, type HistogramCells, HistogramFamily } from './families.ts'
import { type SeriesBound, SeriesMemo } from './series.ts'
import type { Labels } from './text-format.ts'

/** Counts requests and attempts. */
export interface RequestFamilies extends Required<Pick<RequestObserver, 'attempted' | 'finished'>> {
  readonly families: readonly Family[]
}

/** Streams under way whose first content has come. More than these have no time to it. */
const maxStreams = 10_000

/** Stands for the upstream of a request that had none. */
const none = {}

export function requestFamilies(bound: SeriesBound): RequestFamilies {
  const seconds = { ...bound, bounds: durationBuckets }
  const duration = new HistogramFamily(metric.requestDuration, 'GenAI operation duration.', seconds)
  const firstChunk = new HistogramFamily(
    metric.firstChunk,
    'Time from the request to the first content of a stream.',
    seconds,
  )
  const tokens = new HistogramFamily(metric.tokens, 'Number of input and output tokens used.', {
    ...bound,
    bounds: tokenBuckets,
  })
  const attempts = new HistogramFamily(
    metric.attemptDuration,
    'The time that one call to one upstream takes, also when the request fails.',
    { ...seconds, squares: true },
  )
  const memo = {
    attempts: new SeriesMemo<HistogramCells>(),
    durations: byOperation(),
    firstChunks: byOperation(),
    tokens: byOperation(),
  }
  /** When the first content of a stream came, by request id. */
  const firstOutputs = new Map<string, number>()

  const countTokens = (record: RequestRecord, type: 'input' | 'output', count: number | undefined): void => {
    if (count === undefined) return
    const { upstream = none, operation, route } = record
    const series = memo.tokens[operation].find(upstream, route, type, () =>
      tokens.at({ ...requestLabels(record), [label.tokenType]: type }),
    )
    tokens.observe(series, record.startedAtMs + record.durationMs, count)
  }

  return {
    families: [duration, firstChunk, tokens, attempts],
    attempted(record) {
      const { upstream, operation, endedAtMs, durationMs, firstOutputMs } = record
      const code = failureOf(record)
      const series = memo.attempts.find(upstream, operation, code, () =>
        attempts.at({
          [label.operation]: operationNames[operation],
          ...upstreamLabels(record),
          [label.errorType]: code,
        }),
      )
      attempts.observe(series, endedAtMs, durationMs / 1000)
      if (firstOutputMs === undefined || firstOutputs.size >= maxStreams) return
      firstOutputs.set(record.requestId, endedAtMs - durationMs + firstOutputMs)
    },
    finished(record) {
      const { route, operation, startedAtMs, durationMs, upstream = none, usage, requestId } = record
      const endedAtMs = startedAtMs + durationMs
      const code = failureOf(record)
      const series = memo.durations[operation].find(upstream, route, code, () =>
        duration.at({ ...requestLabels(record), [label.errorType]: code }),
      )
      duration.observe(series, endedAtMs, durationMs / 1000)
      countTokens(record, 'input', promptTokens(usage))
      countTokens(record, 'output', usage.outputTokens)
      const firstOutputAtMs = firstOutputs.size === 0 ? undefined : firstOutputs.get(requestId)
      if (firstOutputAtMs === undefined) return
      firstOutputs.delete(requestId)
      const first = memo.firstChunks[operation].find(upstream, route, '', () =>
        firstChunk.at(requestLabels(record)),
      )
      firstChunk.observe(first, endedAtMs, Math.max(0, firstOutputAtMs - startedAtMs) / 1000)
    },
  }
}

function byOperation(): Readonly<Record<Operation, SeriesMemo<HistogramCells>>> {
  return { chat: new SeriesMemo(), embed: new SeriesMemo(), infer: new SeriesMemo() }
}

/** A caller who does not read its stream until the deadline is no failure of the upstream, whatever the code. */
function failureOf({ outcome, code }: Pick<AttemptRecord | RequestRecord, 'outcome' | 'code'>): string {
  if (outcome === 'ok') return ''
  return outcome === 'aborted' ? 'aborted' : (code ?? 'unavailable')
}

function requestLabels(record: RequestRecord): Labels {
  const { operation, route } = record
  return {
    [label.operation]: operationNames[operation],
    [label.requestModel]: route.startsWith('default/') ? route.slice('default/'.length) : route,
    [label.route]: route,
    ...upstreamLabels(record),
  }
}

function upstreamLabels({ upstream }: Pick<RequestRecord, 'upstream'>): Labels {
  return {
    [label.provider]: upstream?.provider,
    [label.deployment]: upstream?.deployment,
    [label.revision]: upstream?.revision,
  }
}
