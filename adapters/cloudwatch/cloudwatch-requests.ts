import { type Interval, ModelspineError } from 'modelspine/adapter'
import { awsJsonRequest } from '../shared/aws/aws-json.ts'
import type { GateLabels } from '../shared/gate-questions.ts'
import type { VendorRequest } from '../shared/vendor-client.ts'
import { type CheckedAlarm, type CheckedStat, isDimension, type PeriodicMetric } from './check-metric.ts'

/** CloudWatch speaks AWS JSON beside two other protocols. */
const api = { targetPrefix: 'GraniteServiceVersion20100801', version: '1.0' } as const

export interface PeriodsQuestion {
  readonly labels: GateLabels
  /** It begins and ends with a period. */
  readonly periods: Interval
  readonly periodSeconds: number
}

/** The input of GetMetricData. Throws `metric-error` for a name that no dimension can have. */
export function metricDataInput(
  metric: PeriodicMetric,
  question: PeriodsQuestion,
  nextToken?: string,
): Readonly<Record<string, unknown>> {
  const { periods } = question
  const parts = Object.entries(metric.parts).map(([id, query]) =>
    typeof query === 'string' ? { Id: id, Expression: query } : statQuery(id, query, metric, question),
  )
  const operands = Object.entries(metric.operands).map(([id, query]) => ({
    ...statQuery(id, query, metric, question),
    ReturnData: false,
  }))
  return {
    MetricDataQueries: [...parts, ...operands],
    StartTime: periods.fromMs / 1000,
    EndTime: periods.toMs / 1000,
    ScanBy: 'TimestampAscending',
    ...(nextToken !== undefined && { NextToken: nextToken }),
  }
}

function statQuery(
  id: string,
  query: CheckedStat,
  { name }: PeriodicMetric,
  { labels, periodSeconds }: PeriodsQuestion,
): Readonly<Record<string, unknown>> {
  const { namespace, metric, stat, unit, accountId, dimensions } = query
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: dimensions.map(([dimension, template]) => {
          const value = template.render(labels)
          if (isDimension(value, 1024)) return { Name: dimension, Value: value }
          throw refused(`${name}: "${value}" cannot be the value of the dimension ${dimension}`)
        }),
      },
      Period: periodSeconds,
      Stat: stat,
      ...(unit !== undefined && { Unit: unit }),
    },
    ...(accountId !== undefined && { AccountId: accountId }),
  }
}

/** The input of DescribeAlarms. Throws `metric-error` for a name that no alarm can have. */
export function alarmInput(
  { name, alarm }: CheckedAlarm,
  labels: GateLabels,
  nextToken?: string,
): Readonly<Record<string, unknown>> {
  const alarmName = alarmNameOf(name, alarm.render(labels))
  return {
    AlarmNames: [alarmName],
    // Without it, CloudWatch answers with metric alarms only.
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'],
    ...(nextToken !== undefined && { NextToken: nextToken }),
  }
}

function alarmNameOf(metric: string, name: string): string {
  if (name.length > 0 && name.length <= 255) return name
  throw refused(`${metric}: an alarm's name has 1 to 255 characters: "${name}"`)
}

export type CloudwatchOperation = 'GetMetricData' | 'DescribeAlarms'

/** Both operations change nothing, so they may be repeated. */
export function cloudwatchRequest(
  operation: CloudwatchOperation,
  input: object,
  abortSignal: AbortSignal | undefined,
): VendorRequest {
  return awsJsonRequest(api, operation, input, { repeatable: true, abortSignal })
}

function refused(why: string): ModelspineError {
  return new ModelspineError('metric-error', why, { retryable: false })
}
