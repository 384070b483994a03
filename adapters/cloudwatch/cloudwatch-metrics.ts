import {
  type Clock,
  type MetricQuery,
  type MetricReading,
  ModelspineError,
  type NamedMetricSource,
  systemClock,
  throwIfAborted,
  unknownMetric,
} from 'modelspine/adapter'
import { type AwsConnection, createAwsClient } from '../shared/aws/aws-client.ts'
import { asMetricError, type GateLabels, gateLabels } from '../shared/gate-questions.ts'
import { wholePeriods } from '../shared/periods/whole-periods.ts'
import { alarmReading } from './alarm-reading.ts'
import { type CheckedAlarm, checkAlarm, checkMetric, type PeriodicMetric } from './check-metric.ts'
import { readAlarms, readMetricData } from './cloudwatch-api.ts'
import { cloudwatchWords } from './cloudwatch-errors.ts'
import { alarmInput, metricDataInput } from './cloudwatch-requests.ts'
import type { CloudwatchAlarm, CloudwatchMetric } from './metric-definitions.ts'
import { periodFor } from './period-for.ts'
import { readingOf } from './reading-of.ts'

export interface CloudwatchMetricsOptions extends AwsConnection {
  /** By the names that gates write. */
  readonly metrics?: Readonly<Record<string, CloudwatchMetric>>
  /** By the names that gates write, none of which is a name in `metrics`. */
  readonly alarms?: Readonly<Record<string, CloudwatchAlarm>>
  /**
   * How late the numbers are, in milliseconds. Those of SageMaker arrive minutes after their period. Default 180,000.
   */
  readonly delayMs?: number
  readonly clock?: Clock
}

const service = { endpointPrefix: 'monitoring', signingName: 'monitoring' } as const

/**
 * A metric source over Amazon CloudWatch. Connects, loads and reads nothing before the first query but the region's
 * variable. Throws `invalid-options`.
 */
export function cloudwatchMetrics(options: CloudwatchMetricsOptions): NamedMetricSource {
  const { metrics = {}, alarms = {}, delayMs = 180_000, clock = systemClock, ...connection } = options
  const twice = Object.keys(alarms).find((name) => Object.hasOwn(metrics, name))
  if (twice !== undefined) {
    throw new ModelspineError('invalid-options', `"${twice}" is a name in metrics and in alarms`)
  }
  const checked = new Map<string, PeriodicMetric | CheckedAlarm>([
    ...Object.entries(metrics).map(([name, metric]) => [name, checkMetric(name, metric, delayMs)] as const),
    ...Object.entries(alarms).map(([name, alarm]) => [name, checkAlarm(name, alarm, delayMs)] as const),
  ])
  const names = [...checked.keys()]
  const client = createAwsClient(connection, service, cloudwatchWords, clock)

  const find = (name: string): PeriodicMetric | CheckedAlarm => {
    const found = checked.get(name)
    if (found === undefined) throw unknownMetric(name, names)
    return found
  }

  async function readMetric(
    metric: PeriodicMetric,
    labels: GateLabels,
    { interval, abortSignal }: MetricQuery,
  ): Promise<MetricReading> {
    const periodSeconds = periodFor(metric.periodSeconds, interval.fromMs, clock.now())
    const periods = wholePeriods(interval, periodSeconds)
    if (periods.fromMs === periods.toMs) return { kind: 'no-data', covered: periods }
    const question = { labels, periods, periodSeconds }
    const numbers = await readMetricData(
      client,
      (nextToken) => metricDataInput(metric, question, nextToken),
      Object.keys(metric.parts),
      abortSignal,
    )
    return readingOf(metric, numbers, periods)
  }

  async function readAlarm(
    alarm: CheckedAlarm,
    labels: GateLabels,
    { interval, abortSignal }: MetricQuery,
  ): Promise<MetricReading> {
    const found = await readAlarms(client, (nextToken) => alarmInput(alarm, labels, nextToken), abortSignal)
    return alarmReading(found, alarm.alarm.render(labels), interval, alarm.delayMs)
  }

  return {
    metrics: names,
    capabilities(name) {
      const { counts, routerMeasured, delayMs } = find(name)
      return { counts, routerMeasured, delayMs }
    },
    async query(query): Promise<MetricReading> {
      throwIfAborted(query.abortSignal, `the query of ${query.metric}`)
      const metric = find(query.metric)
      const labels = gateLabels(query)
      try {
        return metric.kind === 'alarm'
          ? await readAlarm(metric, labels, query)
          : await readMetric(metric, labels, query)
      } catch (error) {
        throw asMetricError(error, 'CloudWatch')
      }
    },
    close: () => client.close(),
  }
}
