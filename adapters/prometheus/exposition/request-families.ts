import {
  type AttemptRecord,
  conventionalOperation,
  durationBuckets,
  type OperationName,
  promptTokens,
  type RequestObserver,
  type RequestRecord,
  type RequestWatch,
  tokenBuckets,
} from 'modelspine/adapter'
import { exportedLabels as label, exportedMetrics as metric } from '../exported-names.ts'
import { costFamilies } from './cost-families.ts'
import { type Family, type HistogramCells, HistogramFamily } from './families.ts'
import { type SeriesBound, SeriesMemo } from './series.ts'
import type { Labels } from './text-format.ts'

/** Counts requests and attempts. */
export interface RequestFamilies extends RequestObserver {
  readonly families: readonly Family[]
}

/** Stands for the upstream of a request that had none. */
const none = {}

export function requestFamilies(bound: SeriesBound, actors: boolean): RequestFamilies {
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
  const costs = costFamilies(bound, actors)
  const memo = {
    attempts: new SeriesMemo<HistogramCells>(),
    durations: byOperation(),
    firstChunks: byOperation(),
    tokens: byOperation(),
  }

  const countTokens = (record: RequestRecord, type: 'input' | 'output', count: number | undefined): void => {
    if (count === undefined) return
    const { upstream = none, operation, route } = record
    const series = memo
      .tokens(operation)
      .find(upstream, route, type, () => tokens.at({ ...requestLabels(record), [label.tokenType]: type }))
    tokens.observe(series, record.startedAtMs + record.durationMs, count)
  }

  const countAttempt = (record: AttemptRecord): void => {
    const { upstream, operation, endedAtMs, durationMs } = record
    const code = failureOf(record)
    const series = memo.attempts.find(upstream, operation, code, () =>
      attempts.at({
        [label.operation]: conventionalOperation(operation),
        ...upstreamLabels(record),
        [label.errorType]: code,
      }),
    )
    attempts.observe(series, endedAtMs, durationMs / 1000)
    costs.count(record)
  }

  const countRequest = (record: RequestRecord, firstOutputAtMs: number | undefined): void => {
    const { route, operation, startedAtMs, durationMs, upstream = none, usage } = record
    const endedAtMs = startedAtMs + durationMs
    const code = failureOf(record)
    const series = memo
      .durations(operation)
      .find(upstream, route, code, () => duration.at({ ...requestLabels(record), [label.errorType]: code }))
    duration.observe(series, endedAtMs, durationMs / 1000)
    countTokens(record, 'input', promptTokens(usage))
    countTokens(record, 'output', usage.outputTokens)
    if (firstOutputAtMs === undefined) return
    const first = memo
      .firstChunks(operation)
      .find(upstream, route, '', () => firstChunk.at(requestLabels(record)))
    firstChunk.observe(first, endedAtMs, Math.max(0, firstOutputAtMs - startedAtMs) / 1000)
  }

  /** Keeps when the first output of a stream came. */
  const watchStream = (): RequestWatch => {
    let firstOutputAtMs: number | undefined
    return {
      attempted(record) {
        countAttempt(record)
        const { firstOutputMs } = record
        if (firstOutputMs !== undefined) firstOutputAtMs = record.startedAtMs + firstOutputMs
      },
      finished: (record) => countRequest(record, firstOutputAtMs),
    }
  }
  const watchReply: RequestWatch = {
    attempted: countAttempt,
    finished: (record) => countRequest(record, undefined),
  }

  return {
    families: [duration, firstChunk, tokens, attempts, ...costs.families],
    started: ({ streamed }) => (streamed ? watchStream() : watchReply),
  }
}

/** One memo for each operation. There are as many as the routes declare. */
function byOperation(): (operation: OperationName) => SeriesMemo<HistogramCells> {
  const memos = new Map<OperationName, SeriesMemo<HistogramCells>>()
  return (operation) => {
    let memo = memos.get(operation)
    if (memo === undefined) {
      memo = new SeriesMemo()
      memos.set(operation, memo)
    }
    return memo
  }
}

/** A caller who does not read its stream until the deadline is no failure of the upstream, whatever the code. */
function failureOf({ outcome, code }: Pick<AttemptRecord | RequestRecord, 'outcome' | 'code'>): string {
  if (outcome === 'ok') return ''
  return outcome === 'aborted' ? 'aborted' : (code ?? 'unavailable')
}

function requestLabels(record: RequestRecord): Labels {
  const { operation, route } = record
  return {
    [label.operation]: conventionalOperation(operation),
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
