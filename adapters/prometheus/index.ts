export {
  type PrometheusExposition,
  type PrometheusExpositionOptions,
  prometheusExposition,
} from './exposition/prometheus-exposition.ts'
