import type {
  Interval,
  MetricQuery,
  MetricReading,
  ModelspineError,
  NamedMetricSource,
} from 'modelspine/adapter'
import {
  type CloudwatchMetricsOptions,
  type CloudwatchRatio,
  type CloudwatchStat,
  cloudwatchMetrics,
} from 'modelspine/adapters/cloudwatch'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { expect, onTestFinished } from 'vitest'
import {
  type CloudwatchSimulator,
  cloudwatchSimulator,
  credentials,
  type SimulatorOptions,
} from '../../simulators/cloudwatch/cloudwatch-simulator.ts'
import { region } from '../shared/aws/small-aws.ts'

export const minuteMs = 60_000
export const nowMs: number = Date.UTC(2026, 10, 29, 12)
export const labels = { deployment: 'default/churn', revision: 'one' }
export const interval: Interval = { fromMs: nowMs - 10 * minuteMs, toMs: nowMs - 5 * minuteMs }

/** A metric of SageMaker's, of one variant for each revision. */
export function variant(metric: string, stat: string): CloudwatchStat {
  return {
    namespace: 'AWS/SageMaker',
    metric,
    stat,
    dimensions: { EndpointName: '{namespace}-{name}', VariantName: '{revision}' },
  }
}

export const errors: CloudwatchRatio = {
  kind: 'ratio',
  hits: variant('Invocation5XXErrors', 'Sum'),
  total: variant('Invocations', 'Sum'),
}

export interface Scene {
  readonly simulator: CloudwatchSimulator
  readonly source: NamedMetricSource
  readonly clock: FakeClock
  ask(metric?: string, query?: Partial<MetricQuery>): Promise<MetricReading>
  /** One request, measured as SageMaker does. */
  invoke(atMs: number, failed: boolean, revision?: string, endpoint?: string): void
}

export function connected(
  simulator: CloudwatchSimulator,
  clock: FakeClock,
  options: Partial<CloudwatchMetricsOptions>,
): NamedMetricSource {
  return cloudwatchMetrics({ region, endpoint: simulator.url, credentials: givenKeys, clock, ...options })
}

const { accessKeyId, secretAccessKey, sessionToken } = credentials
const givenKeys = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }

/** A source over the simulator. Both end with the test. */
export async function scene(
  options: Partial<CloudwatchMetricsOptions> = { metrics: { errors } },
  { clock = createFakeClock({ startMs: nowMs }), ...others }: Partial<SimulatorOptions> = {},
): Promise<Scene> {
  const simulator = await cloudwatchSimulator({ clock, ...others })
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
    invoke: (atMs, failed, revision = 'one', endpoint = 'default-churn') =>
      invoke(simulator, atMs, failed, revision, endpoint),
  }
}

export function invoke(
  simulator: CloudwatchSimulator,
  atMs: number,
  failed: boolean,
  revision: string,
  endpoint: string,
): void {
  const dimensions = { EndpointName: endpoint, VariantName: revision }
  const of = (metric: string, value: number): void =>
    simulator.put({ namespace: 'AWS/SageMaker', metric, dimensions, atMs, value, unit: 'None' })
  of('Invocations', 1)
  of('Invocation5XXErrors', failed ? 1 : 0)
}

export async function failureOf(call: Promise<unknown>): Promise<ModelspineError> {
  return call.then(
    (answer) => expect.unreachable(`the call did not fail: ${JSON.stringify(answer)}`),
    (error: ModelspineError) => error,
  )
}
