import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Context,
  context,
  metrics,
  propagation,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { createControlPlane } from 'modelspine'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { type LogEmitter, openTelemetryLoaded, openTelemetryLogger } from 'modelspine/routing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withServer } from '../support/with-server.ts'
import { allOf, type CollectorSink, collectorSink, type OtlpAttributes, plain, textOf } from './sink.ts'

interface OtlpSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly attributes: OtlpAttributes
  readonly events?: readonly { readonly name: string; readonly attributes: OtlpAttributes }[]
}

interface OtlpMetric {
  readonly name: string
  readonly unit?: string
  readonly histogram?: { readonly dataPoints: readonly { readonly attributes: OtlpAttributes }[] }
  readonly sum?: { readonly dataPoints: readonly { readonly attributes: OtlpAttributes }[] }
}

interface OtlpLog {
  readonly severityText: string
  readonly body: { readonly stringValue: string }
  readonly attributes: OtlpAttributes
}

const reply = {
  id: 'cmpl-9',
  object: 'chat.completion',
  created: 1,
  model: 'some-model-2026-01-01',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'length' }],
  usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 },
}

/** Writes the W3C header `traceparent`. */
const propagator: TextMapPropagator = {
  inject(active: Context, carrier, setter) {
    const span = trace.getSpanContext(active)
    if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`)
  },
  extract: (active) => active,
  fields: () => ['traceparent'],
}

withServer('otel-collector', ({ url, sinkPort, exporters }) => {
  describe('telemetry, sent by OpenTelemetry’s own exporters through its collector', () => {
    let sink: CollectorSink
    const asked: IncomingHttpHeaders[] = []
    const upstream = createServer(async (request, response) => {
      asked.push(request.headers)
      await textOf(request)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
    })
    const exporter = async <Made>(name: string, made: string, sort: string): Promise<Made> => {
      const file = pathToFileURL(join(exporters, 'node_modules/@opentelemetry', name, 'build/src/index.js'))
      const { [made]: Exporter } = await import(file.href)
      return new Exporter({ url: `${url}/v1/${sort}` }) as Made
    }

    beforeAll(async () => {
      sink = await collectorSink(sinkPort)
      await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
      const spans = await exporter<SpanExporter>('exporter-trace-otlp-http', 'OTLPTraceExporter', 'traces')
      const points = await exporter<PushMetricExporter>(
        'exporter-metrics-otlp-http',
        'OTLPMetricExporter',
        'metrics',
      )
      const logs = await exporter<object>('exporter-logs-otlp-http', 'OTLPLogExporter', 'logs')
      const tracing = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] })
      const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 })
      const measuring = new MeterProvider({ readers: [reader] })
      trace.setGlobalTracerProvider(tracing)
      metrics.setGlobalMeterProvider(measuring)
      propagation.setGlobalPropagator(propagator)
      await openTelemetryLoaded()
      const file = pathToFileURL(join(exporters, 'node_modules/@opentelemetry/sdk-logs/build/src/index.js'))
      const { LoggerProvider, SimpleLogRecordProcessor } = await import(file.href)
      const logging = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] })
      await send(openTelemetryLogger(logging.getLogger('modelspine') as LogEmitter))
      await Promise.all([tracing.forceFlush(), reader.forceFlush(), logging.forceFlush()])
      await Promise.all([tracing.shutdown(), measuring.shutdown(), logging.shutdown()])
    })
    afterAll(async () => {
      for (const each of [trace, metrics, propagation, context]) each.disable()
      upstream.closeAllConnections()
      upstream.close()
      await sink?.close()
    })

    /** A chat that a vendor answers after another one could not be reached, and an observer that has a bug. */
    async function send(logger: ReturnType<typeof openTelemetryLogger>): Promise<void> {
      const { port } = upstream.address() as AddressInfo
      const plane = createControlPlane({
        logger,
        providers: {
          gone: openaiCompatible({ baseUrl: 'http://127.0.0.1:1/v1' }),
          vendor: openaiCompatible({ baseUrl: `http://127.0.0.1:${port}/v1` }),
        },
        observers: [
          {
            joined() {
              throw new Error('a bug')
            },
          },
        ],
      })
      await plane.start()
      const route = {
        operations: ['chat'],
        backends: [{ provider: 'gone', model: 'm' }],
        fallback: [{ provider: 'vendor', model: 'some-model' }],
      } as const
      await plane.route('assistant', route, { actor: { name: 'ann' } })
      const messages = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] as const
      await plane.router.chat('assistant', { messages })
      plane.feedback.record({ kind: 'rating', deployment: 'default/assistant', value: 5 })
      await plane.stop()
    }

    it('brings the span of a request, with what the reply said and where it came from', () => {
      const spans = allOf<OtlpSpan>(sink.bodies.traces, 'spans').filter(
        ({ name }) => name === 'chat assistant',
      )
      expect(spans).toHaveLength(1)
      const [span] = spans
      const { port } = upstream.address() as AddressInfo
      expect(span?.kind, 'a client').toBe(3)
      expect(plain(span?.attributes)).toMatchObject({
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'assistant',
        'gen_ai.response.model': 'some-model-2026-01-01',
        'gen_ai.response.id': 'cmpl-9',
        'gen_ai.response.finish_reasons': ['length'],
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 3,
        'server.address': '127.0.0.1',
        'server.port': port,
        'modelspine.attempts': 2,
      })
      expect(span?.events?.map(({ name, attributes }) => [name, plain(attributes)])).toEqual([
        ['modelspine.attempt', expect.objectContaining({ 'error.type': 'unavailable', 'server.port': 1 })],
      ])
    })

    it('gives the upstream one traceparent, which names that span', () => {
      const [span] = allOf<OtlpSpan>(sink.bodies.traces, 'spans').filter(
        ({ name }) => name === 'chat assistant',
      )
      expect(asked.map(({ traceparent }) => traceparent)).toEqual([`00-${span?.traceId}-${span?.spanId}-01`])
    })

    it('brings the metrics of requests and of the control side', () => {
      const arrived = new Map(
        allOf<OtlpMetric>(sink.bodies.metrics, 'metrics').map((each) => [each.name, each]),
      )
      expect([...arrived.keys()]).toEqual(
        expect.arrayContaining([
          'gen_ai.client.operation.duration',
          'gen_ai.client.token.usage',
          'modelspine.attempt.duration',
          'modelspine.feedback.signals',
        ]),
      )
      const duration = arrived.get('gen_ai.client.operation.duration')
      expect(duration?.unit).toBe('s')
      expect(duration?.histogram?.dataPoints.map(({ attributes }) => plain(attributes))).toEqual([
        expect.objectContaining({
          'gen_ai.response.model': 'some-model-2026-01-01',
          'server.address': '127.0.0.1',
        }),
      ])
      const signals = arrived.get('modelspine.feedback.signals')
      expect(signals?.sum?.dataPoints.map(({ attributes }) => plain(attributes))).toEqual([
        { 'modelspine.signal': 'rating', 'modelspine.result': 'accepted' },
      ])
    })

    it('brings what the plane logs', () => {
      const records = allOf<OtlpLog>(sink.bodies.logs, 'logRecords')
      const bug = records.find(({ body }) => body.stringValue === 'a control observer threw an error')
      expect(bug?.severityText).toBe('ERROR')
      expect(plain(bug?.attributes)).toEqual({ failures: 1, error: 'a bug' })
    })
  })
})
