import { errorCodes, isUpstreamFault, ModelspineError } from 'modelspine/adapter'
import { exportedMetrics, exportedLabels as label, squaresOf } from './exported-names.ts'
import type { PrometheusMetric } from './metric-definitions.ts'
import { matchersText } from './promql.ts'

export interface ModelspineMetricsOptions {
  /** Labels that all series must have, such as `{ job: 'gateway' }`. */
  readonly matchers?: Readonly<Record<string, string>>
  /**
   * The names that Prometheus has for our metrics, when an exporter makes others of them. Default: those of
   * `prometheusExposition`, which are also those of OpenTelemetry's collector.
   */
  readonly names?: Partial<ModelspineMetricNames>
}

export interface ModelspineMetricNames {
  /** `modelspine.attempt.duration`, in seconds. */
  readonly attemptDuration: string
  /** `gen_ai.client.operation.time_to_first_chunk`, in seconds. */
  readonly firstChunk: string
  /** `gen_ai.client.token.usage`. */
  readonly tokens: string
}

const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 }

/**
 * The metrics of our own measurements in Prometheus, with the names and units of the source `plane`. For
 * processes with `prometheusExposition`, or with an OpenTelemetry SDK that Prometheus gets to see. Throws
 * `invalid-options`.
 */
export function modelspineMetrics(
  options: ModelspineMetricsOptions = {},
): Readonly<Record<string, PrometheusMetric>> {
  const { matchers = {}, names = {} } = options
  const { attemptDuration, firstChunk, tokens } = checkedNames(names)
  const own = matchersText(matchers, 'matchers')
  const counter = (metric: string, ...more: readonly string[]): string =>
    `${metric}{${[`${label.deployment}=$deployment`, `${label.revision}=$revision`, own, ...more].filter((each) => each !== '').join(',')}}[$range]`

  const answered = `${label.errorType}=""`
  const count = `${attemptDuration}_count`
  const measured = { routerMeasured: true } as const
  return {
    'requests.errors': {
      ...measured,
      kind: 'ratio',
      hits: counter(count, `${label.errorType}!~"|${notTheUpstreams}"`),
      total: counter(count, `${label.errorType}!~"${notTheUpstreams}"`),
      noHits: 'zero',
    },
    'requests.total': { ...measured, kind: 'value', value: counter(count), count: counter(count) },
    'requests.perSecond': { ...measured, kind: 'events', events: counter(count) },
    'requests.latency': {
      ...measured,
      kind: 'distribution',
      count: counter(count, answered),
      sum: counter(`${attemptDuration}_sum`, answered),
      squares: counter(squaresOf(attemptDuration), answered),
      scale: 1000,
    },
    ...Object.fromEntries(
      Object.entries(percentiles).map(([name, share]): [string, PrometheusMetric] => [
        `requests.latency.${name}`,
        {
          ...measured,
          kind: 'quantile',
          buckets: counter(`${attemptDuration}_bucket`, answered),
          quantile: share,
          scale: 1000,
        },
      ]),
    ),
    'requests.firstOutput': {
      ...measured,
      kind: 'distribution',
      count: counter(`${firstChunk}_count`),
      sum: counter(`${firstChunk}_sum`),
      scale: 1000,
    },
    ...Object.fromEntries(
      ['input', 'output'].map((type): [string, PrometheusMetric] => [
        `tokens.${type}`,
        {
          ...measured,
          kind: 'distribution',
          count: counter(`${tokens}_count`, `${label.tokenType}="${type}"`),
          sum: counter(`${tokens}_sum`, `${label.tokenType}="${type}"`),
        },
      ]),
    ),
  }
}

/** As a regular expression. */
const notTheUpstreams = errorCodes.filter((code) => !isUpstreamFault(code)).join('|')

function checkedNames(names: Partial<ModelspineMetricNames>): ModelspineMetricNames {
  const { attemptDuration, firstChunk, tokens } = { ...exportedMetrics, ...names }
  const all = { attemptDuration, firstChunk, tokens }
  for (const [field, name] of Object.entries(all)) {
    if (/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) continue
    throw new ModelspineError('invalid-options', `names.${field} is "${name}", which is no name of a metric`)
  }
  return all
}
