import {
  type Interval,
  type MetricQuery,
  type MetricReading,
  type ModelspineError,
  type NamedMetricSource,
  secretOf,
} from 'modelspine/adapter'
import {
  type GoogleMonitoringMetricsOptions,
  type GoogleRatio,
  type GoogleSeries,
  googleMonitoringMetrics,
} from 'modelspine/adapters/google-monitoring'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { expect, onTestFinished } from 'vitest'
import {
  type MonitoringSimulator,
  monitoringSimulator,
  project,
  type SimulatorOptions,
  token,
} from '../../simulators/google-monitoring/monitoring-simulator.ts'

export const minuteMs = 60_000
export const nowMs: number = Date.UTC(2026, 10, 29, 12)
export const labels = { deployment: 'default/churn', revision: 'one' }
export const interval: Interval = { fromMs: nowMs - 10 * minuteMs, toMs: nowMs - 5 * minuteMs }
/** Without the minutes of the samples that the interval may cut. */
export const covered: Interval = { fromMs: interval.fromMs + minuteMs, toMs: interval.toMs - minuteMs }

export const online = 'aiplatform.googleapis.com/prediction/online'
export const resource = 'aiplatform.googleapis.com/Endpoint'
export const latencies: string = `${online}/prediction_latencies`

/** A metric of Vertex AI, of one deployed model for each revision. */
export function deployed(name: string): GoogleSeries {
  return {
    metric: `${online}/${name}`,
    resource,
    resourceLabels: { endpoint_id: '{namespace}-{name}' },
    metricLabels: { deployed_model_id: '{revision}' },
  }
}

export const errors: GoogleRatio = {
  kind: 'ratio',
  hits: deployed('error_count'),
  total: deployed('prediction_count'),
}

export interface Scene {
  readonly simulator: MonitoringSimulator
  readonly source: NamedMetricSource
  readonly clock: FakeClock
  ask(metric?: string, query?: Partial<MetricQuery>): Promise<MetricReading>
  /** One request, measured as Vertex AI does. */
  predict(atMs: number, failed: boolean, revision?: string, endpoint?: string): void
}

export function connected(
  { url }: MonitoringSimulator,
  clock: FakeClock,
  options: Partial<GoogleMonitoringMetricsOptions>,
): NamedMetricSource {
  const credentials = { token: secretOf(token) }
  return googleMonitoringMetrics({
    project,
    endpoint: url,
    credentials,
    clock,
    metrics: { errors },
    ...options,
  })
}

/** A source over the simulator. Both end with the test. */
export async function scene(
  options: Partial<GoogleMonitoringMetricsOptions> = {},
  { clock = createFakeClock({ startMs: nowMs }), ...others }: Partial<SimulatorOptions> = {},
): Promise<Scene> {
  const simulator = await monitoringSimulator({ clock, distributions: [latencies], ...others })
  const source = connected(simulator, clock, options)
  onTestFinished(async () => {
    await source.close?.()
    await simulator.close()
  })
  return {
    simulator,
    source,
    clock,
    ask: async (metric = source.metrics[0] ?? '', query = {}) =>
      source.query({ metric, labels, interval, ...query }),
    predict: (atMs, failed, revision, endpoint) => predict(simulator, atMs, failed, revision, endpoint),
  }
}

export function predict(
  { data }: MonitoringSimulator,
  atMs: number,
  failed: boolean,
  revision = 'one',
  endpoint = 'default-churn',
): void {
  const of = (name: string, value: number): void =>
    void data.push({
      metric: `${online}/${name}`,
      resource,
      metricLabels: { deployed_model_id: revision },
      resourceLabels: { endpoint_id: endpoint, location: 'europe-west4' },
      atMs,
      value,
    })
  of('prediction_count', 1)
  of('error_count', failed ? 1 : 0)
  of('prediction_latencies', failed ? 200 : 100)
}

export async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    (answer) => expect.unreachable(`the call did not fail: ${JSON.stringify(answer)}`),
    (error: ModelspineError) => error,
  )
}
