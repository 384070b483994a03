import {
  type CloudwatchMetric,
  type CloudwatchMetricsOptions,
  cloudwatchMetrics,
} from 'modelspine/adapters/cloudwatch'
import { describe, expect, it } from 'vitest'
import { errors, variant } from './scene.ts'

const create = (options: Partial<CloudwatchMetricsOptions>) =>
  cloudwatchMetrics({ region: 'eu-west-1', ...options })
const x = (metric: unknown): Partial<CloudwatchMetricsOptions> => ({
  metrics: { x: metric as CloudwatchMetric },
})
const dimensions = (given: Readonly<Record<string, string>>): object => ({
  ...errors,
  total: { ...variant('Invocations', 'Sum'), dimensions: given },
})
const value = { kind: 'value', value: variant('ModelLatency', 'p99'), over: 'max' } as const
const mine = { E: '{name}', V: '{revision}' }

describe('the options of the source', () => {
  it('name its metrics, and tell of each whether it counts and how late it is', () => {
    const source = create({
      metrics: {
        errors,
        value,
        counted: {
          ...value,
          count: variant('ModelLatency', 'SampleCount'),
          delayMs: 0,
          routerMeasured: true,
        },
        mean: { kind: 'mean', of: variant('ModelLatency', 'Sum') },
      },
      alarms: { alarm: { alarm: '{name}-{revision}' } },
    })
    expect(source.metrics).toEqual(['errors', 'value', 'counted', 'mean', 'alarm'])
    const late = { routerMeasured: false, delayMs: 180_000 }
    expect(source.capabilities('errors')).toEqual({ counts: true, ...late })
    expect(source.capabilities('value')).toEqual({ counts: false, ...late })
    expect(source.capabilities('mean')).toEqual({ counts: true, ...late })
    expect(source.capabilities('counted')).toEqual({ counts: true, routerMeasured: true, delayMs: 0 })
    expect(create({ metrics: { errors }, delayMs: 1 }).capabilities('errors').delayMs).toBe(1)
    for (const name of ['nope', 'constructor', '']) {
      expect(() => source.capabilities(name)).toThrow(
        expect.objectContaining({ code: 'metric-error', retryable: false }),
      )
    }
  })

  it.each<[string, Partial<CloudwatchMetricsOptions>]>([
    ['metrics["x"].delayMs', { ...x(errors), delayMs: -1 }],
    ['metrics["x"].delayMs', x({ ...errors, delayMs: Number.NaN })],
    ['metrics["x"].periodSeconds', x({ ...errors, periodSeconds: 45 })],
    ['metrics["x"].periodSeconds', x({ ...errors, periodSeconds: 0 })],
    ['metrics["x"].kind', x({ kind: 'gauge' })],
    ['metrics["x"].noHits', x({ ...errors, noHits: 'maybe' })],
    ['metrics["x"].hits', x({ ...errors, hits: variant('Errors', 'Average') })],
    ['metrics["x"].count', x({ ...value, count: variant('Errors', 'p99') })],
    ['metrics["x"].over', x({ ...value, over: 'middle' })],
    ['metrics["x"].scale', x({ ...value, scale: 0 })],
    ['metrics["x"].total.namespace', x({ ...errors, total: { ...variant('A', 'Sum'), namespace: ':x' } })],
    ['metrics["x"].total.metric', x({ ...errors, total: variant('', 'Sum') })],
    ['metrics["x"].total.unit', x({ ...errors, total: { ...variant('A', 'Sum'), unit: 'Furlongs' } })],
    ['no {revision}', x(dimensions({ E: '{name}' }))],
    ['neither {deployment} nor {name}', x(dimensions({ V: '{revision}', N: '{namespace}' }))],
    ['dimensions.V is "{colour}"', x(dimensions({ ...mine, V: '{colour}' }))],
    ['dimensions.V is "{revision"', x(dimensions({ ...mine, V: '{revision' }))],
    ['no name of a dimension', x(dimensions({ ...mine, é: 'x' }))],
    [
      'more than 30',
      x(
        dimensions({
          ...mine,
          ...Object.fromEntries(Array.from({ length: 29 }, (_, at) => [`d${at}`, 'x'])),
        }),
      ),
    ],
    ['uses nothing of metrics', x({ ...errors, hits: '1 + 1' })],
    ['uses nothing of metrics', x({ ...errors, hits: 'm10', metrics: { m1: variant('A', 'Sum') } })],
    [
      'finds metrics by itself',
      x({ ...errors, hits: "SUM(SEARCH('m1', 'Sum'))", metrics: { m1: variant('A', 'Sum') } }),
    ],
    ['1 to 2048', x({ ...errors, hits: '' })],
    ['has "M1"', x({ ...errors, metrics: { M1: variant('A', 'Sum') } })],
    ['has "total"', x({ ...errors, metrics: { total: variant('A', 'Sum') } })],
    ['so give count', x({ ...value, value: 'FILL(m1, 0)', metrics: { m1: variant('A', 'Sum') } })],
    ['alarms["x"].alarm has no {revision}', { alarms: { x: { alarm: '{name}' } } }],
    ['alarms["x"].watches', { alarms: { x: { alarm: '{name}-{revision}', watches: 'deployment' } } }],
    ['alarms["x"].watches', { alarms: { x: { alarm: '{name}', watches: 'all' as 'revision' } } }],
    ['alarms["x"].delayMs', { alarms: { x: { alarm: '{name}-{revision}', delayMs: -1 } } }],
    [
      '"errors" is a name in metrics and in alarms',
      { metrics: { errors }, alarms: { errors: { alarm: 'x' } } },
    ],
    ['region', { region: 'Europe' }],
    ['endpoint', { endpoint: 'monitoring' }],
  ])('are refused when %s is wrong', (words, options) => {
    expect(() => create(options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(words) }),
    )
  })
})
