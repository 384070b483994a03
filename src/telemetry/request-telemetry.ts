import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import type { Usage } from '../provider/contract.ts'
import type { AttemptRecord, RequestObserver, RequestRecord, RequestStart, RequestWatch } from './contract.ts'
import { conventionalOperation, type GenAiNames, type GenAiVersion, genAiNames } from './genai-names.ts'
import { attemptEvent, attributeNames } from './modelspine-names.ts'
import { LateInstruments, LateTracer, openTelemetry, spanTime } from './open-telemetry.ts'
import { promptTokens } from './prompt-tokens.ts'
import { addCost, measureCost } from './request-cost.ts'
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
   * Whether spans and the metrics of cost name the actor. Default false, because an app with many users would make as many
   * series. SDKs have a limit of series, above which they add up the rest.
   */
  readonly actors?: boolean
}

/**
 * Makes a span and metrics for every request, with the names of OpenTelemetry's GenAI conventions. Uses only
 * OpenTelemetry's API. While no SDK is registered, nothing is built and nothing is loaded. An SDK that is
 * registered later is found.
 */
export function createRequestTelemetry(options: RequestTelemetryOptions = {}): RequestObserver {
  const { conventions = '1.37', actors = false } = options
  const names = genAiNames[conventions]
  const instruments = new LateInstruments((meter) => requestInstruments(meter, names))
  const tracer = new LateTracer()
  return {
    started(request) {
      const tracing = tracer.get()
      if (tracing === undefined && instruments.get() === undefined) return undefined
      const span = tracing && startSpan(tracing, names, request, actors)
      return new WatchedRequest(names, instruments, span, actors)
    },
  }
}

/** One request with its span. It hears only of its own request, so no other request can end the span. */
class WatchedRequest implements RequestWatch {
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly #names: GenAiNames
  readonly #instruments: LateInstruments<RequestInstruments>
  readonly #span: Span | undefined
  readonly #actors: boolean
  #firstOutputAtMs: number | undefined

  constructor(
    names: GenAiNames,
    instruments: LateInstruments<RequestInstruments>,
    span: Span | undefined,
    actors: boolean,
  ) {
    this.#names = names
    this.#instruments = instruments
    this.#span = span
    this.#actors = actors
    this.headers = span && traceHeaders(span)
  }

  attempted(record: AttemptRecord): void {
    const measuring = this.#instruments.get()
    if (measuring !== undefined) {
      measureAttempt(measuring, this.#names, record)
      measureCost(measuring, this.#names, record, this.#actors)
    }
    if (record.firstOutputMs !== undefined) this.#firstOutputAtMs = record.startedAtMs + record.firstOutputMs
    if (record.outcome !== 'ok' && this.#span?.isRecording() === true) {
      const attributes = attemptAttributes(this.#names, record)
      addServer(attributes, record)
      this.#span.addEvent(attemptEvent, attributes, spanTime(record.endedAtMs))
    }
  }

  finished(record: RequestRecord): void {
    const measuring = this.#instruments.get()
    if (measuring !== undefined) measureRequest(measuring, this.#names, record, this.#firstOutputAtMs)
    if (this.#span !== undefined) endSpan(this.#span, this.#names, record)
  }
}

function startSpan(tracer: Tracer, names: GenAiNames, request: RequestStart, actors: boolean): Span {
  const options: SpanOptions = {
    // SpanKind.CLIENT. It is written as a number, because the enum would have to be loaded.
    kind: 2,
    startTime: spanTime(request.startedAtMs),
    attributes: {
      ...startAttributes(names, request),
      [attributeNames.requestId]: request.requestId,
      ...(request.callerId !== undefined && { [attributeNames.callerId]: request.callerId }),
      ...(actors && { [attributeNames.actor]: request.actor.name }),
    },
  }
  const name = `${conventionalOperation(request.operation)} ${modelOf(request)}`
  return tracer.startSpan(name, options, parentOf(request))
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
  const attributes: Attributes = { [names.operation]: conventionalOperation(operation) }
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
  firstOutputAtMs: number | undefined,
): void {
  const attributes = startAttributes(names, record)
  if (record.upstream !== undefined) addUpstream(attributes, names, record.upstream)
  // A deployment's address may be another at each start. Its revision says enough, and keeps the series few.
  if (record.upstream?.deployment === undefined) addServer(attributes, record)
  addResponseModel(attributes, names, record)
  if (firstOutputAtMs !== undefined) {
    firstChunk?.record(Math.max(0, firstOutputAtMs - record.startedAtMs) / 1000, attributes)
  }
  const usage = givenUsage(record)
  const input = promptTokens(usage)
  if (input !== undefined) tokens.record(input, { ...attributes, [names.tokenType]: 'input' })
  const { outputTokens } = usage
  if (outputTokens !== undefined) tokens.record(outputTokens, { ...attributes, [names.tokenType]: 'output' })
  const ended =
    record.code === undefined ? attributes : { ...attributes, [attributeNames.errorType]: record.code }
  duration.record(record.durationMs / 1000, ended)
}

function endSpan(span: Span, names: GenAiNames, record: RequestRecord): void {
  if (span.isRecording()) {
    const attributes: Attributes = { [attributeNames.attempts]: record.attempts }
    if (record.upstream !== undefined) addUpstream(attributes, names, record.upstream)
    addServer(attributes, record)
    addResponseModel(attributes, names, record)
    if (record.replyId !== undefined) attributes[names.responseId] = record.replyId
    if (record.finishReasons !== undefined) attributes[names.finishReasons] = [...record.finishReasons]
    if (record.code !== undefined) attributes[attributeNames.errorType] = record.code
    addUsage(attributes, names, record)
    addCost(attributes, record)
    span.setAttributes(attributes)
    // SpanStatusCode.ERROR. A request whose caller went away has the outcome `aborted`, which is not an
    // error.
    if (record.outcome === 'failed') span.setStatus({ code: 2, ...(record.code && { message: record.code }) })
  }
  span.end(spanTime(record.startedAtMs + record.durationMs))
}

function addServer(attributes: Attributes, { server }: Pick<RequestRecord, 'server'>): void {
  if (server === undefined) return
  attributes[attributeNames.serverAddress] = server.address
  if (server.port !== undefined) attributes[attributeNames.serverPort] = server.port
}

/** The model as the vendor names it in its reply, or else as it was asked for. */
function addResponseModel(attributes: Attributes, names: GenAiNames, record: RequestRecord): void {
  const { upstream, outcome, replyModel } = record
  if (upstream !== undefined && outcome === 'ok')
    attributes[names.responseModel] = replyModel ?? upstream.model
}

const noUsage: Usage = {}

/** The conventions ask for the vendor's numbers only. */
function givenUsage({ usage }: RequestRecord): Usage {
  return usage.estimated === true ? noUsage : usage
}

function addUsage(attributes: Attributes, names: GenAiNames, record: RequestRecord): void {
  const usage = givenUsage(record)
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
