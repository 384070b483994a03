import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTelemetryLoaded } from '../../../src/telemetry/open-telemetry.ts'
import { createRequestTelemetry } from '../../../src/telemetry/request-telemetry.ts'
import { attemptRecord } from './attempt-records.ts'
import { type RegisteredSdk, registerSdk } from './registered-sdk.ts'
import { requestRecord, requestStart } from './request-records.ts'
import { told } from './told.ts'

const startMs = Date.UTC(2026, 0, 1)

interface HistogramValue {
  readonly count: number
  readonly sum: number
  readonly buckets: { readonly boundaries: readonly number[] }
}

function boundariesOf(value: unknown): readonly number[] {
  return (value as HistogramValue).buckets.boundaries
}

let sdk: RegisteredSdk | undefined

async function registered(sampler?: AlwaysOffSampler): Promise<RegisteredSdk> {
  sdk = registerSdk(sampler)
  await openTelemetryLoaded()
  return sdk
}

afterEach(async () => {
  await sdk?.remove()
  sdk = undefined
})

describe('a request without an SDK', () => {
  it('is not reported and gets no headers', () => {
    const telemetry = told(createRequestTelemetry())
    expect(telemetry.started(requestStart())).toBeUndefined()
    telemetry.attempted(attemptRecord({ endedAtMs: startMs }))
    telemetry.finished(requestRecord())
  })
})

describe("a request's span", () => {
  beforeEach(async () => {
    await registered()
  })

  it('has the cost, or the classes of it that are not known', () => {
    const telemetry = told(createRequestTelemetry({ actors: true }))
    const whole = { usd: 0.5, picoUsd: 5e11, parts: { input: 5e11 }, unknown: [], estimated: true } as const
    const lacking = { usd: undefined, picoUsd: 5e11, parts: { input: 5e11 }, unknown: ['cacheRead'] } as const
    for (const cost of [whole, lacking]) {
      telemetry.started(requestStart())
      telemetry.finished(requestRecord({ cost }))
    }
    const [known, unknown] = (sdk?.spans() ?? []).map(({ attributes }) => attributes)
    expect(known).toMatchObject({
      'modelspine.actor': 'tester',
      'modelspine.cost.usd': 0.5,
      'modelspine.cost.estimated': true,
    })
    expect(known).not.toHaveProperty(['modelspine.cost.unknown'])
    expect(unknown).toMatchObject({ 'modelspine.cost.unknown': ['cacheRead'] })
    expect(unknown).not.toHaveProperty(['modelspine.cost.usd'])
  })

  it('has the names, times and attributes of the conventions', () => {
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    expect(sdk?.spans()).toEqual([])
    const usage = { inputTokens: 10, outputTokens: 20, cacheReadTokens: 5, cacheWriteTokens: 1 }
    telemetry.finished(requestRecord({ usage }))
    const [span] = sdk?.spans() ?? []
    expect(span).toMatchObject({ name: 'chat churn', kind: SpanKind.CLIENT, events: [] })
    expect(span?.status.code).toBe(SpanStatusCode.UNSET)
    expect(span?.startTime).toEqual([startMs / 1000, 0])
    expect(span?.endTime).toEqual([startMs / 1000, 20_000_000])
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'churn',
      'gen_ai.response.model': 'some-model',
      'gen_ai.usage.input_tokens': 16,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.usage.cache_read.input_tokens': 5,
      'gen_ai.usage.cache_creation.input_tokens': 1,
      'modelspine.attempts': 1,
      'modelspine.deployment': 'default/churn',
      'modelspine.request.id': 'request-1',
      'modelspine.revision': 'one',
      'modelspine.route': 'default/churn',
    })
  })

  it.each([
    ['embed', 'embeddings churn'],
    ['infer', 'infer churn'],
  ] as const)('for the operation %s has the name "%s"', (operation, name) => {
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart({ operation }))
    telemetry.finished(requestRecord({ operation }))
    expect(sdk?.spans()[0]?.name).toBe(name)
  })

  it('records each failed attempt and the failure of the request', () => {
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    telemetry.attempted(
      attemptRecord({
        requestId: 'request-1',
        endedAtMs: startMs + 5,
        outcome: 'failed',
        code: 'overloaded',
      }),
    )
    telemetry.attempted(
      attemptRecord(
        { requestId: 'request-1', endedAtMs: startMs + 9, outcome: 'failed', code: 'timeout' },
        'two',
      ),
    )
    telemetry.finished(requestRecord({ outcome: 'failed', code: 'timeout', attempts: 2 }))
    const [span] = sdk?.spans() ?? []
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'timeout' })
    expect(span?.attributes).toMatchObject({ 'error.type': 'timeout', 'modelspine.attempts': 2 })
    expect(span?.attributes).not.toHaveProperty('gen_ai.response.model')
    expect(
      span?.events.map(({ name, attributes }) => [
        name,
        attributes?.['error.type'],
        attributes?.['modelspine.revision'],
      ]),
    ).toEqual([
      ['modelspine.attempt', 'overloaded', 'one'],
      ['modelspine.attempt', 'timeout', 'two'],
    ])
  })

  it('is not an error when the caller left', () => {
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    telemetry.finished(requestRecord({ outcome: 'aborted', code: 'aborted' }))
    expect(sdk?.spans()[0]?.status.code).toBe(SpanStatusCode.UNSET)
    expect(sdk?.spans()[0]?.attributes['error.type']).toBe('aborted')
  })

  it('continues the trace that the caller sent', () => {
    const telemetry = told(createRequestTelemetry())
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
    const headers = { traceparent: `00-${traceId}-${spanId}-01` }
    expect(telemetry.started(requestStart({ headers }))?.traceparent).toContain(`00-${traceId}-`)
    telemetry.finished(requestRecord())
    const [span] = sdk?.spans() ?? []
    expect(span?.spanContext().traceId).toBe(traceId)
    expect(span?.parentSpanContext?.spanId).toBe(spanId)
  })

  it('is sent to the backend in headers', () => {
    const telemetry = told(createRequestTelemetry())
    const headers = telemetry.started(requestStart())
    telemetry.finished(requestRecord())
    const { traceId, spanId } = sdk?.spans()[0]?.spanContext() ?? {}
    expect(headers).toEqual({ traceparent: `00-${traceId}-${spanId}-01` })
  })

  it('has no tokens when the backend gave no tokens', () => {
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    telemetry.finished(requestRecord())
    const names = Object.keys(sdk?.spans()[0]?.attributes ?? {})
    expect(names.filter((name) => name.startsWith('gen_ai.usage'))).toEqual([])
  })

  it('says what the reply says of itself, and where the upstream is reached', () => {
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    const facts = { replyId: 'chatcmpl-1', replyModel: 'large-2026', finishReasons: ['stop', 'length'] }
    telemetry.finished(requestRecord({ ...facts, server: { address: 'vendor.test', port: 443 } }))
    expect(sdk?.spans()[0]?.attributes).toMatchObject({
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.model': 'large-2026',
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'server.address': 'vendor.test',
      'server.port': 443,
    })
  })

  it('is ended by its own request only, also when a caller gives two requests the same id', () => {
    const telemetry = createRequestTelemetry()
    const callerId = 'same'
    const slow = telemetry.started?.(requestStart({ callerId }))
    const quick = telemetry.started?.(requestStart({ callerId, requestId: 'request-2' }))
    quick?.finished?.(requestRecord({ requestId: 'request-2', outcome: 'failed', code: 'bad-request' }))
    slow?.finished?.(requestRecord({ durationMs: 80 }))
    expect(
      sdk
        ?.spans()
        .map(({ attributes }) => [
          attributes['modelspine.request.id'],
          attributes['modelspine.request.caller_id'],
          attributes['error.type'],
        ]),
    ).toEqual([
      ['request-2', 'same', 'bad-request'],
      ['request-1', 'same', undefined],
    ])
  })

  it('uses the older attribute names when the options ask for them', () => {
    const telemetry = told(createRequestTelemetry({ conventions: '1.36' }))
    telemetry.started(requestStart())
    telemetry.finished(requestRecord({ usage: { inputTokens: 1, cacheReadTokens: 1 } }))
    const attributes = sdk?.spans()[0]?.attributes ?? {}
    expect(attributes).toMatchObject({ 'gen_ai.system': 'openai', 'gen_ai.usage.input_tokens': 2 })
    expect(Object.keys(attributes).some((name) => /provider|cache/.test(name))).toBe(false)
  })
})

describe("a request's metrics", () => {
  it('have no tokens that were estimated', async () => {
    await registered()
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    telemetry.finished(requestRecord({ usage: { inputTokens: 3, outputTokens: 7, estimated: true } }))
    expect(await sdk?.points('gen_ai.client.token.usage')).toEqual([])
    expect(Object.keys(sdk?.spans()[0]?.attributes ?? {}).join()).not.toContain('usage')
  })

  it('are its duration, its tokens and each attempt, in the advised buckets', async () => {
    await registered()
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart())
    telemetry.attempted(
      attemptRecord({
        requestId: 'request-1',
        endedAtMs: startMs + 9,
        outcome: 'failed',
        code: 'overloaded',
      }),
    )
    telemetry.attempted(attemptRecord({ requestId: 'request-1', endedAtMs: startMs + 20 }, 'two'))
    telemetry.finished(requestRecord({ usage: { inputTokens: 3, outputTokens: 7 }, attempts: 2 }))
    const [duration] = (await sdk?.points('gen_ai.client.operation.duration')) ?? []
    expect(duration?.value).toMatchObject({ count: 1, sum: 0.02 })
    expect(boundariesOf(duration?.value)).toEqual([
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ])
    expect(duration?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'churn',
      'gen_ai.response.model': 'some-model',
      'modelspine.deployment': 'default/churn',
      'modelspine.revision': 'one',
      'modelspine.route': 'default/churn',
    })
    const tokens = (await sdk?.points('gen_ai.client.token.usage')) ?? []
    expect(
      tokens.map(({ attributes, value }) => [attributes['gen_ai.token.type'], (value as HistogramValue).sum]),
    ).toEqual([
      ['input', 3],
      ['output', 7],
    ])
    expect(boundariesOf(tokens[0]?.value)).toEqual([
      1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
    ])
    const attempts = (await sdk?.points('modelspine.attempt.duration')) ?? []
    expect(
      attempts.map(({ attributes }) => [attributes['modelspine.revision'], attributes['error.type']]),
    ).toEqual([
      ['one', 'overloaded'],
      ['two', undefined],
    ])
  })

  it('tell a caller who did not read its stream from an upstream that was too slow', async () => {
    await registered()
    const telemetry = told(createRequestTelemetry())
    const ended = { endedAtMs: startMs, code: 'timeout' } as const
    telemetry.attempted(attemptRecord({ ...ended, outcome: 'aborted' }, 'one'))
    telemetry.attempted(attemptRecord({ ...ended, outcome: 'failed' }, 'two'))
    const attempts = (await sdk?.points('modelspine.attempt.duration')) ?? []
    expect(
      attempts.map(({ attributes }) => [attributes['modelspine.revision'], attributes['error.type']]),
    ).toEqual([
      ['one', 'aborted'],
      ['two', 'timeout'],
    ])
  })

  it('measure the time to the first content of a stream, failed attempts included', async () => {
    await registered()
    const telemetry = told(createRequestTelemetry())
    telemetry.started(requestStart({ streamed: true }))
    telemetry.attempted(
      attemptRecord({
        requestId: 'request-1',
        endedAtMs: startMs + 900,
        durationMs: 700,
        firstOutputMs: 300,
      }),
    )
    telemetry.finished(requestRecord({ streamed: true, durationMs: 900 }))
    const [first] = (await sdk?.points('gen_ai.client.operation.time_to_first_chunk')) ?? []
    expect(first?.value).toMatchObject({ count: 1, sum: 0.5 })
  })

  it('start, like spans, when an SDK is registered later, and start again with the next SDK', async () => {
    const telemetry = told(createRequestTelemetry())
    telemetry.finished(requestRecord())
    for (let turn = 0; turn < 2; turn += 1) {
      await registered()
      telemetry.started(requestStart())
      telemetry.finished(requestRecord())
      const [duration] = (await sdk?.points('gen_ai.client.operation.duration')) ?? []
      expect(duration?.value).toMatchObject({ count: 1 })
      expect(sdk?.spans().length).toBe(1)
      await sdk?.remove()
    }
  })

  it('still count a request that the sampler leaves out, and its trace context is passed on', async () => {
    await registered(new AlwaysOffSampler())
    const telemetry = told(createRequestTelemetry())
    const headers = telemetry.started(requestStart())
    telemetry.attempted(
      attemptRecord({ requestId: 'request-1', endedAtMs: startMs, outcome: 'failed', code: 'timeout' }),
    )
    telemetry.finished(requestRecord())
    expect(headers).toHaveProperty('traceparent')
    expect(sdk?.spans()).toEqual([])
    expect(await sdk?.points('gen_ai.client.operation.duration')).toHaveLength(1)
  })
})
