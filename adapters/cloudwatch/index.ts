export { type CloudwatchMetricsOptions, cloudwatchMetrics } from './cloudwatch-metrics.ts'
export type {
  CloudwatchAlarm,
  CloudwatchMean,
  CloudwatchMetric,
  CloudwatchQuery,
  CloudwatchRatio,
  CloudwatchSeries,
  CloudwatchStat,
  CloudwatchUnit,
  CloudwatchValue,
} from './metric-definitions.ts'
