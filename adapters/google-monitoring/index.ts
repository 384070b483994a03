export { type GoogleMonitoringMetricsOptions, googleMonitoringMetrics } from './google-monitoring-metrics.ts'
export type {
  GoogleAligner,
  GoogleCount,
  GoogleDistribution,
  GoogleLabelValue,
  GoogleMetric,
  GoogleNumber,
  GoogleQuantile,
  GoogleRatio,
  GoogleReducer,
  GoogleSeries,
  GoogleValue,
} from './metric-definitions.ts'
