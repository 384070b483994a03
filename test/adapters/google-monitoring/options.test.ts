import {
  type GoogleMetric,
  type GoogleMonitoringMetricsOptions,
  googleMonitoringMetrics,
} from 'modelspine/adapters/google-monitoring'
import { describe, expect, it } from 'vitest'
import { deployed, errors } from './scene.ts'

const create = (options: Partial<GoogleMonitoringMetricsOptions>) =>
  googleMonitoringMetrics({ project: 'shop-prod', metrics: { errors }, ...options })
const x = (metric: unknown): Partial<GoogleMonitoringMetricsOptions> => ({
  metrics: { x: metric as GoogleMetric },
})
const total = (more: object): Partial<GoogleMonitoringMetricsOptions> =>
  x({ ...errors, total: { ...errors.total, ...more } })
const value = {
  kind: 'value',
  value: { ...deployed('prediction_latencies'), align: 'ALIGN_PERCENTILE_99' },
  over: 'max',
} as const

describe('the options of the source', () => {
  it('name its metrics, and tell of each whether it counts and how late it is', () => {
    const source = create({
      metrics: {
        errors,
        value,
        counted: { ...value, count: deployed('prediction_count'), delayMs: 0, routerMeasured: true },
        latency: { kind: 'distribution', of: deployed('prediction_latencies') },
      },
    })
    expect(source.metrics).toEqual(['errors', 'value', 'counted', 'latency'])
    const late = { routerMeasured: false, delayMs: 180_000 }
    expect(source.capabilities('errors')).toEqual({ counts: true, ...late })
    expect(source.capabilities('value')).toEqual({ counts: false, ...late })
    expect(source.capabilities('latency')).toEqual({ counts: true, ...late })
    expect(source.capabilities('counted')).toEqual({ counts: true, routerMeasured: true, delayMs: 0 })
    expect(create({ delayMs: 1 }).capabilities('errors').delayMs).toBe(1)
    for (const name of ['nope', 'constructor', '']) {
      expect(() => source.capabilities(name)).toThrow(
        expect.objectContaining({ code: 'metric-error', retryable: false }),
      )
    }
  })

  it.each<[string, Partial<GoogleMonitoringMetricsOptions>]>([
    ['project', { project: 'Shop/Prod' }],
    ['quotaProject', { quotaProject: 'a b' }],
    ['endpoint', { endpoint: 'monitoring' }],
    ['metrics["x"].kind', x({ kind: 'gauge' })],
    ['metrics["x"].delayMs', x({ ...errors, delayMs: -1 })],
    ['metrics["x"].delayMs', { ...x(errors), delayMs: Number.NaN }],
    ['metrics["x"].periodSeconds is 90', x({ ...errors, periodSeconds: 90 })],
    ['metrics["x"].periodSeconds is 0', x({ ...errors, periodSeconds: 0 })],
    ['metrics["x"].sampleSeconds is -1', x({ ...errors, sampleSeconds: -1 })],
    ['metrics["x"].noHits', x({ ...errors, noHits: 'maybe' })],
    ['metrics["x"].total.align is "ALIGN_MEAN"', total({ align: 'ALIGN_MEAN' })],
    ['metrics["x"].total.metric is "a b"', total({ metric: 'a b' })],
    ['metrics["x"].total.metric is "undefined"', total({ metric: undefined })],
    ['metrics["x"].total.resource is ""', total({ resource: '' })],
    ['has "a.b", which is no key', total({ metricLabels: { 'a.b': '{revision}' } })],
    ['has no {revision}', total({ metricLabels: {} })],
    ['has neither {deployment} nor {name}', total({ resourceLabels: {} })],
    ['metricLabels.m is "{colour}"', total({ metricLabels: { m: '{colour}' } })],
    ['metrics["x"].over', x({ ...value, over: 'middle' })],
    ['metrics["x"].scale', x({ ...value, scale: 0 })],
    ['metrics["x"].quantile', x({ kind: 'quantile', of: value.value, quantile: 95 } as object)],
    ['metrics["x"].value.align is "undefined"', x({ ...value, value: deployed('prediction_latencies') })],
    ['metrics["x"].value.reduce is "MAX"', x({ ...value, value: { ...value.value, reduce: 'MAX' } })],
    ['metrics["x"].count.align', x({ ...value, count: { ...deployed('c'), align: 'ALIGN_MAX' } })],
  ])('are refused when %s is wrong', (words, options) => {
    expect(() => create(options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(words) }),
    )
  })
})
