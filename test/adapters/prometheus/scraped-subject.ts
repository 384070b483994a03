import {
  modelspineMetrics,
  type PrometheusMetric,
  type PrometheusMetricsOptions,
  prometheusMetrics,
} from 'modelspine/adapters/prometheus'
import type { Fixture, MetricSourceSubject } from 'modelspine/testing'
import type { RangeSeries } from '../../../adapters/prometheus/prometheus-api.ts'
import type { MetricSource } from '../../../src/telemetry/contract.ts'
import { attemptRecord } from '../../unit/telemetry/attempt-records.ts'
import { scrapedHistory } from './scraped-history.ts'

/** A gauge with a sample at exactly the time of each seed, for queries that Prometheus computes itself. */
function gaugeMetric(matchers: Readonly<Record<string, string>>): PrometheusMetric {
  const own = Object.entries(matchers).map(([name, value]) => `,${name}=${JSON.stringify(value)}`)
  const labels = `modelspine_deployment=$deployment,modelspine_revision=$revision${own.join('')}`
  return { kind: 'value', value: `avg(avg_over_time(kit_gauge{${labels}}[$range]))` }
}

/** A metric of each kind that the source has. */
export const scrapedMetrics: readonly string[] = [
  'requests.errors',
  'requests.total',
  'requests.latency',
  'requests.latency.p95',
  'gauge',
]

const scrapeMs = 5000
const deployment = 'default/churn'

export interface SubjectOptions {
  readonly metric: string
  readonly nowMs: number
  /** The process that is measured, by the labels `job` and `instance`. */
  readonly instance: string
  /** Where Prometheus is, and what it has from now on, whatever it had before. */
  readonly connection: Pick<PrometheusMetricsOptions, 'baseUrl'>
  store(series: readonly RangeSeries[]): Promise<Readonly<Record<string, string>>>
  disconnect(): Promise<void>
  /** Makes it take queries and never answer. */
  stall?(): void
  dispose(): Promise<void>
}

/**
 * A source over what Prometheus scraped of our own exposition. Samples are written when somebody asks, because a
 * scrape shows all that was seeded before it. `store` answers labels that tell the newest writing from others.
 */
export function scrapedSubject(options: SubjectOptions): Fixture<MetricSourceSubject> {
  const { metric, nowMs, instance, connection, store, dispose } = options
  const history = scrapedHistory({ scrapeMs, labels: { job: 'kit', instance } })
  const gauges: { readonly revision: string; readonly atMs: number }[] = []
  let began: number | undefined
  let isDown = false

  const sourceOf = (matchers: Readonly<Record<string, string>>): MetricSource =>
    prometheusMetrics({
      ...connection,
      scrapeMs,
      metrics: { ...modelspineMetrics({ matchers }), gauge: gaugeMetric(matchers) },
    })
  const known = sourceOf({})

  const source: MetricSource = {
    capabilities: (name) => known.capabilities(name),
    async query(query) {
      const seeded = [...history.attempts.map(({ endedAtMs }) => endedAtMs), nowMs].sort((a, b) => a - b)
      history.beganMs = began ?? (seeded[0] ?? nowMs) - 100 * scrapeMs
      const matchers = isDown ? {} : await store([...(await history.until(nowMs)), ...gaugeSeries(gauges)])
      const asked = sourceOf(matchers)
      try {
        return await asked.query(query)
      } finally {
        await asked.close?.()
      }
    },
  }
  return {
    subject: {
      source,
      metric,
      deployment,
      unknownMetric: 'requests.moods',
      nowMs,
      resolutionMs: 2 * scrapeMs,
      seed(revision, atMs) {
        const failed = metric === 'requests.errors' && ({ outcome: 'failed', code: 'unavailable' } as const)
        history.attempts.push(attemptRecord({ endedAtMs: atMs, ...failed }, revision))
        gauges.push({ revision, atMs })
      },
      // The samples are there already, and the source has no clock.
      pass() {},
      async disconnect() {
        isDown = true
        await options.disconnect()
      },
      ...(options.stall && { stall: options.stall }),
      // Prometheus does not say of a number that it computed from when on it had samples.
      ...(metric !== 'gauge' && {
        beginAt(atMs: number) {
          began = atMs
        },
      }),
      resetAt: (atMs) => void history.restarts.push(atMs),
    },
    async dispose() {
      await known.close?.()
      await dispose()
    },
  }
}

function gaugeSeries(gauges: readonly { readonly revision: string; readonly atMs: number }[]): RangeSeries[] {
  return [...new Set(gauges.map(({ revision }) => revision))].map((revision) => ({
    labels: { __name__: 'kit_gauge', modelspine_deployment: deployment, modelspine_revision: revision },
    points: gauges
      .filter((each) => each.revision === revision)
      .map(({ atMs }) => ({ atMs, value: 4 }))
      .sort((left, right) => left.atMs - right.atMs),
  }))
}
