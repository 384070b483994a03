import type { CloudwatchMetric } from 'modelspine/adapters/cloudwatch'
import { createFakeClock, metricSourceConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { cloudwatchSimulator } from '../../simulators/cloudwatch/cloudwatch-simulator.ts'
import { connected, errors, invoke, nowMs, variant } from './scene.ts'

const { dimensions } = errors.total as Exclude<typeof errors.total, string>
const series = { namespace: 'AWS/SageMaker', metric: 'Invocations', dimensions }

/** The interval of one law is a second, so periods of a minute cannot ask for it. */
const kinds: Readonly<Record<string, CloudwatchMetric>> = {
  'a ratio': errors,
  'a ratio, by the second': { ...errors, periodSeconds: 1 },
  'a mean, by the second': { kind: 'mean', of: series, periodSeconds: 1 },
  'a value with counts': {
    kind: 'value',
    value: variant('Invocations', 'Average'),
    over: 'mean',
    count: variant('Invocations', 'SampleCount'),
  },
  'an expression': {
    kind: 'ratio',
    hits: 'FILL(bad, 0)',
    total: variant('Invocations', 'Sum'),
    metrics: { bad: variant('Invocation5XXErrors', 'Sum') },
  },
}

for (const [name, kind] of Object.entries(kinds)) {
  metricSourceConformance({
    describe,
    it,
    name: `cloudwatchMetrics, ${name}`,
    async create() {
      const clock = createFakeClock({ startMs: nowMs })
      // Pages of two data points, so that most answers have several.
      const simulator = await cloudwatchSimulator({ clock, lateMs: 180_000, pageSize: 2 })
      const source = connected(simulator, clock, { metrics: { m: kind } })
      return {
        subject: {
          source,
          metric: 'm',
          deployment: 'default/churn',
          unknownMetric: 'moods',
          nowMs,
          resolutionMs: kind.periodSeconds === 1 ? 100_000 : 120_000,
          seed: (revision, atMs) => invoke(simulator, atMs, true, revision, 'default-churn'),
          pass: (ms) => clock.advance(ms),
          disconnect: simulator.close,
          ...(kind.periodSeconds === 1 && { stall: simulator.stall }),
        },
        async dispose() {
          await source.close?.()
          await simulator.close()
        },
      }
    },
  })
}

metricSourceConformance({
  describe,
  it,
  name: 'cloudwatchMetrics, an alarm',
  async create() {
    const clock = createFakeClock({ startMs: nowMs })
    const simulator = await cloudwatchSimulator({ clock })
    const source = connected(simulator, clock, { alarms: { m: { alarm: '{namespace}.{name}.{revision}' } } })
    const named = (name: string): object | undefined =>
      simulator.alarms.find(({ AlarmName }) => AlarmName === name)
    // An alarm without data has too few for a state.
    simulator.override = (_operation, { AlarmNames }) => {
      const [AlarmName = ''] = AlarmNames as readonly string[]
      if (named(AlarmName) !== undefined) return undefined
      return { MetricAlarms: [{ AlarmName, StateValue: 'INSUFFICIENT_DATA' }], CompositeAlarms: [] }
    }
    return {
      subject: {
        source,
        metric: 'm',
        deployment: 'default/churn',
        unknownMetric: 'moods',
        nowMs,
        resolutionMs: 120_000,
        seed(revision, atMs) {
          const AlarmName = `default.churn.${revision}`
          if (named(AlarmName) !== undefined) return
          simulator.alarms.push({ AlarmName, StateValue: 'OK', StateTransitionedTimestamp: atMs / 1000 })
        },
        pass: (ms) => clock.advance(ms),
        disconnect: simulator.close,
        stall: simulator.stall,
      },
      async dispose() {
        await source.close?.()
        await simulator.close()
      },
    }
  },
})
