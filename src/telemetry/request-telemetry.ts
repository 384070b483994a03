import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import type { AttemptRecord, RequestObserver, RequestRecord, RequestStart } from './contract.ts'
import { type GenAiNames, type GenAiVersion, genAiNames, operationNames } from './genai-names.ts'
import { attemptEvent, attributeNames } from './modelspine-names.ts'
import { LateInstruments, LateTracer, openTelemetry, spanTime } from './open-telemetry.ts'
import { promptTokens } from './prompt-tokens.ts'
import {
  addUpstream,
  modelOf,
  type RequestInstruments,
  requestInstruments,
  startAttributes,
} from './request-instruments.ts'

export interface RequestTelemetryOptions {
  /**
   * The version of the GenAI conventions for the names of attributes and metrics. Default `1.37`. Later
   * versions only add names to it.
   */
  readonly conventions?: GenAiVersion
  /**
   * The most requests under way that can have a span. Requests beyond this number are counted in `untraced`.
   * Default 10,000.
   */
  readonly maxOpen?: number
}

export interface RequestTelemetry extends RequestObserver {
  started(request: RequestStart): Readonly<Record<string, string>> | undefined
  attempted(record: AttemptRecord): void
  finished(record: RequestRecord): void
  /** The requests without a span, because too many requests, or one with the same id, were under way. */
  readonly untraced: number
}

interface OpenRequest {
  readonly startedAtMs: number
  readonly span: Span | undefined
  firstOutputAtMs: number | undefined
}

/**
 * Makes a span and metrics for every request, with the names of OpenTelemetry's GenAI conventions. Uses only
 * OpenTelemetry's API. While no SDK is registered, nothing is built and nothing is loaded. An SDK that is
 * registered later is found.
 */
export function createRequestTelemetry(options: RequestTelemetryOptions = {}): RequestTelemetry {
  const names = genAiNames[options.conventions ?? '1.37']
  const maxOpen = options.maxOpen ?? 10_000
  const instruments = new LateInstruments((meter) => requestInstruments(meter, names))
  const tracer = new LateTracer()
  const open = new Map<string, OpenRequest>()
  let untraced = 0
  return {
    get untraced() {
      return untraced
    },
    started(request) {
      const tracing = tracer.get()
      if (tracing === undefined && instruments.get() === undefined) return undefined
      if (open.size >= maxOpen || open.has(request.requestId)) {
        untraced += 1
        return undefined
      }
      const span = tracing && startSpan(tracing, names, request)
      open.set(request.requestId, { startedAtMs: request.startedAtMs, span, firstOutputAtMs: undefined })
      return span && traceHeaders(span)
    },
    attempted(record) {
      const measuring = instruments.get()
      const request = open.size === 0 ? undefined : open.get(record.requestId)
      if (measuring !== undefined) measureAttempt(measuring, names, record)
      if (request === undefined) return
      if (record.firstOutputMs !== undefined) {
        request.firstOutputAtMs = record.endedAtMs - record.durationMs + record.firstOutputMs
      }
      if (record.outcome !== 'ok' && request.span?.isRecording() === true) {
        request.span.addEvent(attemptEvent, attemptAttributes(names, record), spanTime(record.endedAtMs))
      }
    },
    finished(record) {
      const measuring = instruments.get()
      const found = open.size === 0 ? undefined : open.get(record.requestId)
      const request = found?.startedAtMs === record.startedAtMs ? found : undefined
      if (request !== undefined) open.delete(record.requestId)
      if (measuring !== undefined) measureRequest(measuring, names, record, request)
      if (request?.span !== undefined) endSpan(request.span, names, record)
    },
  }
}

function startSpan(tracer: Tracer, names: GenAiNames, request: RequestStart): Span {
  const options: SpanOptions = {
    // SpanKind.CLIENT. It is written as a number, because the enum would have to be loaded.
    kind: 2,
    startTime: spanTime(request.startedAtMs),
    attributes: { ...startAttributes(names, request), [attributeNames.requestId]: request.requestId },
  }
  return tracer.startSpan(
    `${operationNames[request.operation]} ${modelOf(request)}`,
    options,
    parentOf(request),
  )
}

/**
 * The parent of the span: the active span, such as the span of an instrumented server. If there is no active
 * span, the span that the caller's headers name.
 */
function parentOf({ headers }: RequestStart): Context | undefined {
  const api = openTelemetry()
  if (api === undefined || headers === undefined) return undefined
  const active = api.context.active()
  return api.trace.getSpanContext(active) === undefined ? api.propagation.extract(active, headers) : active
}

function traceHeaders(span: Span): Readonly<Record<string, string>> | undefined {
  const api = openTelemetry()
  if (api === undefined) return undefined
  const headers: Record<string, string> = {}
  api.propagation.inject(api.trace.setSpan(api.context.active(), span), headers)
  for (const _ in headers) return headers
  return undefined
}

function attemptAttributes(
  names: GenAiNames,
  { upstream, operation, outcome, code }: AttemptRecord,
): Attributes {
  const attributes: Attributes = { [names.operation]: operationNames[operation] }
  addUpstream(attributes, names, upstream)
  // The code of an aborted attempt may be `timeout`, when the caller did not read its stream.
  const failure = outcome === 'aborted' ? outcome : code
  if (failure !== undefined) attributes[attributeNames.errorType] = failure
  return attributes
}

function measureAttempt(instruments: RequestInstruments, names: GenAiNames, record: AttemptRecord): void {
  instruments.attempt.record(record.durationMs / 1000, attemptAttributes(names, record))
}

function measureRequest(
  { duration, tokens, firstChunk }: RequestInstruments,
  names: GenAiNames,
  record: RequestRecord,
  request: OpenRequest | undefined,
): void {
  const attributes = startAttributes(names, record)
  if (record.upstream !== undefined) addUpstream(attributes, names, record.upstream)
  if (record.upstream !== undefined && record.outcome === 'ok') {
    attributes[names.responseModel] = record.upstream.model
  }
  const firstOutputAtMs = request?.firstOutputAtMs
  if (firstOutputAtMs !== undefined) {
    firstChunk?.record(Math.max(0, firstOutputAtMs - record.startedAtMs) / 1000, attributes)
  }
  const input = promptTokens(record.usage)
  if (input !== undefined) tokens.record(input, { ...attributes, [names.tokenType]: 'input' })
  const { outputTokens } = record.usage
  if (outputTokens !== undefined) tokens.record(outputTokens, { ...attributes, [names.tokenType]: 'output' })
  const ended =
    record.code === undefined ? attributes : { ...attributes, [attributeNames.errorType]: record.code }
  duration.record(record.durationMs / 1000, ended)
}

function endSpan(span: Span, names: GenAiNames, record: RequestRecord): void {
  if (span.isRecording()) {
    const attributes: Attributes = { [attributeNames.attempts]: record.attempts }
    if (record.upstream !== undefined) addUpstream(attributes, names, record.upstream)
    if (record.upstream !== undefined && record.outcome === 'ok') {
      attributes[names.responseModel] = record.upstream.model
    }
    if (record.code !== undefined) attributes[attributeNames.errorType] = record.code
    addUsage(attributes, names, record)
    span.setAttributes(attributes)
    // SpanStatusCode.ERROR. A request whose caller went away has the outcome `aborted`, which is not an
    // error.
    if (record.outcome === 'failed') span.setStatus({ code: 2, ...(record.code && { message: record.code }) })
  }
  span.end(spanTime(record.startedAtMs + record.durationMs))
}

function addUsage(attributes: Attributes, names: GenAiNames, { usage }: RequestRecord): void {
  const input = promptTokens(usage)
  if (input !== undefined) attributes[names.inputTokens] = input
  if (usage.outputTokens !== undefined) attributes[names.outputTokens] = usage.outputTokens
  if (usage.cacheReadTokens !== undefined && names.cacheReadTokens !== undefined) {
    attributes[names.cacheReadTokens] = usage.cacheReadTokens
  }
  if (usage.cacheWriteTokens !== undefined && names.cacheCreationTokens !== undefined) {
    attributes[names.cacheCreationTokens] = usage.cacheWriteTokens
  }
}
