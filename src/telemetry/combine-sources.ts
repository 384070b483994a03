import { throwIfAborted } from '../errors.ts'
import { unknownMetric } from '../windows/unknown-metric.ts'
import type { MetricQuery, MetricReading, NamedMetricSource } from './contract.ts'

/**
 * Combines several sources into one. A query goes to the first source that has the metric. The plane's own
 * source, `plane`, combines the request windows and feedback in this way.
 */
export function combineSources(sources: readonly NamedMetricSource[]): NamedMetricSource {
  const metrics = sources.flatMap((source) => source.metrics)
  return {
    capabilities: {
      counts: sources.every(({ capabilities }) => capabilities.counts),
      routerMeasured: sources.some(({ capabilities }) => capabilities.routerMeasured),
    },
    metrics,
    query(query: MetricQuery): Promise<MetricReading> | MetricReading {
      throwIfAborted(query.abortSignal, `the query of ${query.metric}`)
      const source = sources.find((each) => each.metrics.some((name) => answersTo(name, query.metric)))
      if (source === undefined) throw unknownMetric(query.metric, metrics)
      return source.query(query)
    },
  }
}

function answersTo(name: string, metric: string): boolean {
  if (!name.endsWith('.*')) return name === metric
  const prefix = name.slice(0, -1)
  return metric.length > prefix.length && metric.startsWith(prefix)
}
