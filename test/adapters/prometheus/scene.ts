import type { ServerResponse } from 'node:http'
import type { MetricQuery, MetricReading, MetricSource, ModelspineError } from 'modelspine/adapter'
import {
  type PrometheusMetricsOptions,
  prometheusMetrics,
  type ValueQueries,
} from 'modelspine/adapters/prometheus'
import { expect, onTestFinished } from 'vitest'
import { type Asked, json, type SmallPrometheus, smallPrometheus } from './small-prometheus.ts'

export const both = 'd=$deployment,r=$revision'
export const counter = (name: string): string => `${name}{${both}}[$range]`
export const labels = { deployment: 'default/churn', revision: 'one' }
export const interval = { fromMs: 1_800_000_000_000, toMs: 1_800_000_060_000 }
/** For tests that need just one number. */
export const simple: ValueQueries = { kind: 'value', value: `max(max_over_time(${counter('a')}))` }

/** A source, and the server that it asks. Both end with the test. */
export async function scene(
  metrics: PrometheusMetricsOptions['metrics'] = { simple },
  options: Partial<PrometheusMetricsOptions> = {},
): Promise<{
  readonly server: SmallPrometheus
  readonly source: MetricSource
  ask(metric?: string, query?: Partial<MetricQuery>): Promise<MetricReading>
}> {
  const server = await smallPrometheus()
  const source = prometheusMetrics({ baseUrl: server.url, scrapeMs: 5000, metrics, ...options })
  onTestFinished(async () => {
    await source.close?.()
    await server.close()
  })
  return {
    server,
    source,
    ask: async (metric = Object.keys(metrics)[0] ?? '', query = {}) =>
      source.query({ metric, labels, interval, ...query }),
  }
}

export async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    (answer) => expect.unreachable(`the call did not fail: ${JSON.stringify(answer)}`),
    (error: ModelspineError) => error,
  )
}

/** Answers each query with what stands here by a word of the query. */
export function answering(
  answers: Readonly<Record<string, object>>,
  more: object = {},
): (asked: Asked, response: ServerResponse) => void {
  return ({ query }, response) => {
    const [, data] = Object.entries(answers).find(([word]) => query.includes(word)) ?? []
    json(response, 200, { status: 'success', data: data ?? { resultType: 'vector', result: [] }, ...more })
  }
}

export const vector = (...values: readonly string[]): object => ({
  resultType: 'vector',
  result: values.map((value, place) => ({
    metric: { instance: `i${place}` },
    value: [1_800_000_060, value],
  })),
})
