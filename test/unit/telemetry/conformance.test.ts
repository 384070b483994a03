import { describe, it } from 'vitest'
import { createFeedback } from '../../../src/feedback/create-feedback.ts'
import { combineSources } from '../../../src/telemetry/combine-sources.ts'
import { memoryMetrics } from '../../../src/telemetry/memory-metrics.ts'
import { createMetricWindows } from '../../../src/telemetry/metric-windows.ts'
import { createFakeClock, metricSourceConformance } from '../../../src/testing/index.ts'
import { attemptRecord } from './attempt-records.ts'

const deployment = 'default/churn'
const unknownMetric = 'requests.moods'

metricSourceConformance({
  describe,
  it,
  name: 'memoryMetrics',
  create() {
    const metric = 'errors'
    let source = memoryMetrics({ metrics: [metric] })
    return {
      subject: {
        get source() {
          return source
        },
        metric,
        deployment,
        unknownMetric,
        nowMs: 10_000_000,
        resolutionMs: 1,
        seed: (revision, atMs) =>
          source.add({ metric, labels: { deployment, revision, region: 'eu' }, atMs, value: true }),
        disconnect: () => source.fail('the source is down'),
        beginAt(beganMs) {
          source = memoryMetrics({ metrics: [metric], beganMs })
        },
      },
    }
  },
})

for (const reading of [{ kind: 'histogram', quantile: 0.95, bounds: [1, 2] }, { kind: 'events' }] as const) {
  metricSourceConformance({
    describe,
    it,
    name: `memoryMetrics, ${reading.kind}`,
    create() {
      const metric = 'numbers'
      const options = { metrics: [metric], readings: { [metric]: reading } }
      let source = memoryMetrics(options)
      return {
        subject: {
          get source() {
            return source
          },
          metric,
          deployment,
          unknownMetric,
          nowMs: 10_000_000,
          resolutionMs: 1,
          seed: (revision, atMs) =>
            source.add({ metric, labels: { deployment, revision }, atMs, value: 1.5 }),
          disconnect: () => source.fail('the source is down'),
          beginAt(beganMs) {
            source = memoryMetrics({ ...options, beganMs })
          },
        },
      }
    },
  })
}

metricSourceConformance({
  describe,
  it,
  name: 'memoryMetrics that is late',
  async create() {
    const metric = 'errors'
    const clock = createFakeClock()
    const source = memoryMetrics({ metrics: [metric], late: { delayMs: 4000, clock } })
    await clock.advance(7_200_000)
    return {
      subject: {
        source,
        metric,
        deployment,
        unknownMetric,
        nowMs: clock.now(),
        resolutionMs: 5000,
        seed: (revision, atMs) => source.add({ metric, labels: { deployment, revision }, atMs, value: true }),
        pass: clock.advance,
        disconnect: () => source.fail('the source is down'),
      },
    }
  },
})

const requestMetrics = [
  'requests.errors',
  'requests.latency',
  'requests.latency.p95',
  'requests.total',
  'requests.perSecond',
]
for (const metric of requestMetrics) {
  metricSourceConformance({
    describe,
    it,
    name: `createMetricWindows, ${metric}`,
    async create() {
      const clock = createFakeClock()
      let source = createMetricWindows({ clock })
      await clock.advance(7_200_000)
      const failed = metric === 'requests.errors' && ({ outcome: 'failed', code: 'unavailable' } as const)
      return {
        subject: {
          get source() {
            return source
          },
          metric,
          deployment,
          unknownMetric,
          nowMs: clock.now(),
          resolutionMs: 250,
          seed: (revision, endedAtMs) => source.attempted(attemptRecord({ endedAtMs, ...failed }, revision)),
          async beginAt(startMs) {
            const later = createFakeClock({ startMs })
            source = createMetricWindows({ clock: later })
            await later.advance(clock.now() - startMs)
          },
        },
      }
    },
  })
}

for (const metric of ['ratings.mean', 'labels.accuracy', 'outcomes.churned']) {
  metricSourceConformance({
    describe,
    it,
    name: `createFeedback, ${metric}`,
    async create() {
      const clock = createFakeClock()
      const feedback = createFeedback({ clock })
      const source = combineSources([createMetricWindows({ clock }), feedback])
      await clock.advance(7_200_000)
      const seed = (revision: string, atMs: number): void => {
        const about = { deployment, revision, atMs } as const
        feedback.record({ kind: 'rating', value: 4, ...about })
        feedback.record({ kind: 'label', value: 1, prediction: 1, ...about })
        feedback.record({ kind: 'outcome', name: 'churned', value: true, ...about })
      }
      return {
        subject: { source, metric, deployment, unknownMetric, nowMs: clock.now(), resolutionMs: 250, seed },
      }
    },
  })
}
