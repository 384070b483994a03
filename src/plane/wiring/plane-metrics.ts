import type { FeedbackRoom } from '../../feedback/create-feedback.ts'
import { combineSources } from '../../telemetry/combine-sources.ts'
import type { NamedMetricSource } from '../../telemetry/contract.ts'
import type { MetricWindows } from '../../telemetry/metric-windows.ts'

/**
 * The plane's own measurements. Signals tell which requests were answered, and the request windows which ones came to
 * each revision. A comparison of signals needs both, because it is spoiled when the split does not fit.
 */
export function planeMetrics(windows: MetricWindows, feedback: FeedbackRoom): NamedMetricSource {
  return combineSources([
    windows,
    {
      capabilities: (metric) => feedback.capabilities(metric),
      metrics: feedback.metrics,
      query(query) {
        const { assigned } = windows.query({ ...query, metric: 'requests.total' })
        return { ...feedback.query(query), ...(assigned !== undefined && { assigned }) }
      },
    },
  ])
}
