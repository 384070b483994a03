import {
  type Clock,
  type Interval,
  type MetricReading,
  type NamedMetricSource,
  systemClock,
  throwIfAborted,
  unknownMetric,
} from 'modelspine/adapter'
import { asMetricError, gateLabels } from '../shared/gate-questions.ts'
import { createGoogleClient, type GoogleConnection, isProject } from '../shared/google/google-client.ts'
import type { GoogleWords } from '../shared/google/google-words.ts'
import { noData } from '../shared/periods/period-numbers.ts'
import { wholePeriods } from '../shared/periods/whole-periods.ts'
import { wrongOption } from '../shared/wrong-option.ts'
import { checkMetric, type SeriesMetric } from './check-metric.ts'
import type { GoogleMetric } from './metric-definitions.ts'
import { readSeries } from './monitoring-api.ts'
import { seriesRequest } from './monitoring-requests.ts'
import { readingOf } from './reading-of.ts'

export interface GoogleMonitoringMetricsOptions extends GoogleConnection {
  /** The id or the number of the project whose metrics are read, or of a scoping project of several. */
  readonly project: string
  /** By the names that gates write. */
  readonly metrics: Readonly<Record<string, GoogleMetric>>
  /**
   * How late the numbers are, in milliseconds. Those of Vertex AI are sampled each minute and seen two minutes later.
   * Default 180,000.
   */
  readonly delayMs?: number
  readonly clock?: Clock
}

const service = { host: 'monitoring.googleapis.com' } as const

const words: GoogleWords = {
  vendor: 'Google Cloud Monitoring',
  owner: 'googleMonitoringMetrics',
  unavailable: 'metric-error',
  refused: 'metric-error',
  denied: 'metric-error',
}

/**
 * A metric source over Google Cloud Monitoring. Connects, loads and reads nothing before the first query. Throws
 * `invalid-options`.
 */
export function googleMonitoringMetrics(options: GoogleMonitoringMetricsOptions): NamedMetricSource {
  const { project, metrics, delayMs = 180_000, clock = systemClock, ...connection } = options
  if (!isProject(project)) {
    throw wrongOption(
      'project',
      `is "${project}": write the id or the number of a project, such as my-team-prod`,
    )
  }
  const checked = new Map(
    Object.entries(metrics).map(([name, metric]) => [name, checkMetric(name, metric, delayMs)]),
  )
  const names = [...checked.keys()]
  const client = createGoogleClient(connection, service, words, clock)

  const find = (name: string): SeriesMetric => {
    const found = checked.get(name)
    if (found === undefined) throw unknownMetric(name, names)
    return found
  }

  return {
    metrics: names,
    capabilities(name) {
      const { counts, routerMeasured, delayMs } = find(name)
      return { counts, routerMeasured, delayMs }
    },
    async query(query): Promise<MetricReading> {
      const { interval, abortSignal } = query
      throwIfAborted(abortSignal, `the query of ${query.metric}`)
      const metric = find(query.metric)
      const labels = gateLabels(query)
      const periods = periodsIn(metric, interval)
      if (periods.fromMs === periods.toMs) return noData(periods)
      try {
        const parts = await Promise.all(
          Object.entries(metric.parts).map(async ([part, series]) => {
            const ask = (pageToken: string | undefined) =>
              seriesRequest(metric, series, { project, labels, periods, pageToken }, abortSignal)
            return [part, await readSeries(client, ask)] as const
          }),
        )
        return readingOf(metric, new Map(parts), periods)
      } catch (error) {
        throw asMetricError(error, words.vendor)
      }
    },
    close: () => client.close(),
  }
}

/**
 * A sample is about the time since the one before. Cloud Monitoring shares a sample between the periods that it touches.
 * So at both ends the sample that the interval cuts must not touch a period.
 */
function periodsIn({ sampleSeconds, periodSeconds }: SeriesMetric, { fromMs, toMs }: Interval): Interval {
  const sampleMs = sampleSeconds * 1000
  return wholePeriods({ fromMs: fromMs + sampleMs, toMs: toMs - sampleMs }, periodSeconds)
}
