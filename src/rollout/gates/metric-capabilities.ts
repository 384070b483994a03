import { messageOf } from '../../errors.ts'
import type { MetricCapabilities, MetricSource } from '../../telemetry/contract.ts'

/** What a source can say about a metric, or in words why it refuses the metric. Undefined without a source. */
export function metricCapabilities(
  source: MetricSource | undefined,
  metric: string,
): MetricCapabilities | string | undefined {
  try {
    return source?.capabilities(metric)
  } catch (error) {
    return messageOf(error)
  }
}
