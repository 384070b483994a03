import { nearestName } from '../problems/nearest-name.ts'

/** Facts about a metric that the plane measures itself, under the source `plane`. The loader needs them. */
export interface KnownMetric {
  readonly better: 'higher' | 'lower'
  /**
   * The metric is a ratio between 0 and 1, so a bound outside of that range could never fail or never pass.
   */
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

/** The metrics of the source `plane` for which the better direction is known. */
export const knownMetrics: readonly string[] = Object.keys(metrics)

/** Known only for the source `plane`, because another source may mean something else by the same name. */
export function knownMetric(source: string, metric: string): KnownMetric | undefined {
  return source === 'plane' && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
}

/** Those without a known direction. `outcomes.` is followed by a name of the app. */
const others = /^(requests\.(total|perSecond)$|outcomes\.)/

/** The metric of the source `plane` that was meant by a name that it does not have. */
export function misspeltMetric(source: string, metric: string): string | undefined {
  const isKnown = source !== 'plane' || Object.hasOwn(metrics, metric) || others.test(metric)
  return isKnown ? undefined : nearestName(metric, knownMetrics)
}
