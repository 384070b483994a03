import { throwIfAborted } from '../errors.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type { MetricQuery, MetricReading, NamedMetricSource } from './contract.ts'

/**
 * Combines several sources into one. A query goes to the first source that has the metric. The plane's own
 * source, `plane`, combines the request windows and feedback in this way.
 */
export function combineSources(sources: readonly NamedMetricSource[]): NamedMetricSource {
  const metrics = sources.flatMap((source) => source.metrics)
  const sourceOf = (metric: string): NamedMetricSource => {
    const source = sources.find((each) => each.metrics.some((name) => answersTo(name, metric)))
    if (source === undefined) throw unknownMetric(metric, metrics)
    return source
  }
  return {
    capabilities: (metric) => sourceOf(metric).capabilities(metric),
    metrics,
    query(query: MetricQuery): Promise<MetricReading> | MetricReading {
      throwIfAborted(query.abortSignal, `the query of ${query.metric}`)
      return sourceOf(query.metric).query(query)
    },
  }
}

function answersTo(name: string, metric: string): boolean {
  if (!name.endsWith('.*')) return name === metric
  const prefix = name.slice(0, -1)
  return metric.length > prefix.length && metric.startsWith(prefix)
}
