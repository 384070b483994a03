import {
  type Context,
  context,
  metrics,
  propagation,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'

/** An SDK that is registered in this process and keeps its spans and points. */
export interface RegisteredSdk {
  spans(): readonly ReadableSpan[]
  /** The points of one metric, collected now. The list is empty when the metric does not exist. */
  points(metric: string): Promise<readonly DataPoint<unknown>[]>
  /** Removes the SDK from the process. */
  remove(): Promise<void>
}

/** Reads and writes the W3C header `traceparent`. */
const propagator: TextMapPropagator = {
  inject(active: Context, carrier, setter) {
    const span = trace.getSpanContext(active)
    if (span !== undefined) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`)
  },
  extract(active, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-')
    if (traceId === undefined || spanId === undefined) return active
    return trace.setSpanContext(active, { traceId, spanId, traceFlags: 1, isRemote: true })
  },
  fields: () => ['traceparent'],
}

export function registerSdk(sampler?: Sampler): RegisteredSdk {
  const spans = new InMemorySpanExporter()
  const tracing = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spans)],
    ...(sampler !== undefined && { sampler }),
  })
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const measuring = new MeterProvider({ readers: [reader] })
  trace.setGlobalTracerProvider(tracing)
  metrics.setGlobalMeterProvider(measuring)
  propagation.setGlobalPropagator(propagator)
  return {
    spans: () => spans.getFinishedSpans(),
    async points(metric) {
      exporter.reset()
      await reader.forceFlush()
      const all = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      return all.find(({ descriptor }) => descriptor.name === metric)?.dataPoints ?? []
    },
    async remove() {
      trace.disable()
      metrics.disable()
      propagation.disable()
      context.disable()
      await measuring.shutdown()
      await tracing.shutdown()
    },
  }
}
