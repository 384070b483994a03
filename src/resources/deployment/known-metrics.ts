/** What the loader must know of a metric that the plane measures itself, under the source `plane`. */
export interface KnownMetric {
  readonly better: 'higher' | 'lower'
  /** A share between 0 and 1, so that a bound outside of it could never fail or never pass. */
  readonly ratio: boolean
}

const metrics: Readonly<Record<string, KnownMetric>> = {
  'requests.errors': { better: 'lower', ratio: true },
  'requests.latency': { better: 'lower', ratio: false },
  'requests.latency.p50': { better: 'lower', ratio: false },
  'requests.latency.p90': { better: 'lower', ratio: false },
  'requests.latency.p95': { better: 'lower', ratio: false },
  'requests.latency.p99': { better: 'lower', ratio: false },
  'requests.firstOutput': { better: 'lower', ratio: false },
  'labels.accuracy': { better: 'higher', ratio: true },
  'labels.late': { better: 'lower', ratio: true },
  'ratings.mean': { better: 'higher', ratio: false },
  'tokens.input': { better: 'lower', ratio: false },
  'tokens.output': { better: 'lower', ratio: false },
  'tokens.total': { better: 'lower', ratio: false },
}

/** Metrics of the source `plane` of which it is known which way is better. */
export const knownMetrics: readonly string[] = Object.keys(metrics)

/** Only of the source `plane`: elsewhere the same name may mean something else. */
export function knownMetric(source: string, metric: string): KnownMetric | undefined {
  return source === 'plane' && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
}
