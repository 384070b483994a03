import type { GoogleMetric } from 'modelspine/adapters/google-monitoring'
import { createFakeClock, metricSourceConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { monitoringSimulator } from '../../simulators/google-monitoring/monitoring-simulator.ts'
import { connected, deployed, errors, latencies, nowMs, predict } from './scene.ts'

const kinds: Readonly<Record<string, GoogleMetric>> = {
  'a ratio': errors,
  'a distribution': { kind: 'distribution', of: deployed('prediction_latencies') },
  'a value with counts': {
    kind: 'value',
    value: { ...deployed('prediction_latencies'), align: 'ALIGN_PERCENTILE_99', reduce: 'REDUCE_MAX' },
    over: 'max',
    count: deployed('prediction_count'),
  },
  'periods of two minutes': { ...errors, periodSeconds: 120 },
}

for (const [name, metric] of Object.entries(kinds)) {
  metricSourceConformance({
    describe,
    it,
    name: `googleMonitoringMetrics, ${name}`,
    async create() {
      const clock = createFakeClock({ startMs: nowMs })
      // Pages of two points, so that most answers have several.
      const simulator = await monitoringSimulator({
        clock,
        lateMs: 120_000,
        pageSize: 2,
        distributions: [latencies],
      })
      const source = connected(simulator, clock, { metrics: { m: metric } })
      return {
        subject: {
          source,
          metric: 'm',
          deployment: 'default/churn',
          unknownMetric: 'moods',
          nowMs,
          resolutionMs: 300_000,
          seed: (revision, atMs) => predict(simulator, atMs, true, revision),
          pass: (ms) => clock.advance(ms),
          disconnect: simulator.close,
        },
        async dispose() {
          await source.close?.()
          await simulator.close()
        },
      }
    },
  })
}
