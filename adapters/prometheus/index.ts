export {
  type PrometheusExposition,
  type PrometheusExpositionOptions,
  prometheusExposition,
} from './exposition/prometheus-exposition.ts'
export type {
  DistributionQueries,
  EventsQueries,
  PrometheusMetric,
  QuantileQueries,
  RatioQueries,
  ValueQueries,
} from './metric-definitions.ts'
export {
  type ModelspineMetricNames,
  type ModelspineMetricsOptions,
  modelspineMetrics,
} from './modelspine-metrics.ts'
export { type PrometheusMetricsOptions, prometheusMetrics } from './prometheus-metrics.ts'
