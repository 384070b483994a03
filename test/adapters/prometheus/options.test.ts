import { secretOf } from 'modelspine/adapter'
import {
  modelspineMetrics,
  type PrometheusMetric,
  type PrometheusMetricsOptions,
  prometheusMetrics,
} from 'modelspine/adapters/prometheus'
import { describe, expect, it } from 'vitest'
import { serveLoopback } from '../../loopback.ts'
import { counter, simple } from './scene.ts'

describe('the options of the source', () => {
  const create = (options: Partial<PrometheusMetricsOptions>) =>
    prometheusMetrics({ baseUrl: 'http://127.0.0.1:9090', metrics: { simple }, ...options })

  it('name its metrics, and tell of each whether it counts and how late it is', () => {
    const source = create({
      scrapeMs: 30_000,
      metrics: {
        ...modelspineMetrics(),
        plain: simple,
        counted: { ...simple, count: counter('n'), delayMs: 0, routerMeasured: true },
      },
    })
    expect(source.metrics).toContain('requests.errors')
    const late = { delayMs: 30_000 }
    expect(source.capabilities('requests.errors')).toEqual({ counts: true, routerMeasured: true, ...late })
    expect(source.capabilities('requests.latency')).toEqual({ counts: true, routerMeasured: true, ...late })
    expect(source.capabilities('plain')).toEqual({ counts: false, routerMeasured: false, ...late })
    expect(source.capabilities('counted')).toEqual({ counts: true, routerMeasured: true, delayMs: 0 })
    expect(create({}).capabilities('simple').delayMs).toBe(15_000)
    expect(create({ delayMs: 60_000 }).capabilities('simple').delayMs).toBe(60_000)
    for (const name of ['nope', 'constructor', '']) {
      expect(() => source.capabilities(name)).toThrow(
        expect.objectContaining({ code: 'metric-error', retryable: false }),
      )
    }
  })

  it.each<[string, Partial<PrometheusMetricsOptions>]>([
    ['scrapeMs', { scrapeMs: 0 }],
    ['scrapeMs', { scrapeMs: Number.NaN }],
    ['metrics["simple"].delayMs', { delayMs: -1 }],
    ['metrics["x"].delayMs', { metrics: { x: { ...simple, delayMs: Number.POSITIVE_INFINITY } } }],
    ['metrics["x"].kind', { metrics: { x: { kind: 'gauge' } as unknown as PrometheusMetric } }],
    ['metrics["x"].value', { metrics: { x: { kind: 'value', value: 'up' } } }],
    ['metrics["x"].total', { metrics: { x: { kind: 'ratio', hits: counter('a'), total: 'b' } } }],
    [
      'metrics["x"].scale',
      { metrics: { x: { kind: 'distribution', count: counter('a'), sum: counter('b'), scale: 0 } } },
    ],
    [
      'metrics["x"].noHits',
      {
        metrics: { x: { kind: 'ratio', hits: counter('a'), total: counter('b'), noHits: 'maybe' as 'zero' } },
      },
    ],
    ['baseUrl', { baseUrl: 'prometheus:9090' }],
    ['token and basic', { token: () => secretOf('t'), basic: { user: 'u', password: () => secretOf('p') } }],
    ['metrics["x"].quantile', { metrics: { x: { kind: 'quantile', buckets: counter('a'), quantile: 95 } } }],
    [
      'metrics["x"].buckets',
      { metrics: { x: { kind: 'quantile', buckets: `rate(${counter('a')})`, quantile: 0.5 } } },
    ],
    [
      'metrics["x"].scale',
      { metrics: { x: { kind: 'quantile', buckets: counter('a'), quantile: 0.5, scale: -1 } } },
    ],
    [
      'metrics["x"].value',
      { metrics: { x: { kind: 'value', value: `rate(${counter('a')})`, perSecond: true } } },
    ],
    ['metrics["x"].events', { metrics: { x: { kind: 'events', events: `rate(${counter('a')})` } } }],
  ])('are refused when %s is wrong', (field, options) => {
    expect(() => create(options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(field) }),
    )
  })

  it('of the ready metrics are checked', () => {
    expect(() => modelspineMetrics({ matchers: { 'a-b': 'x' } })).toThrow('no name of a label')
    expect(() => modelspineMetrics({ names: { tokens: 'a{b' } })).toThrow('no name of a metric')
    const named = modelspineMetrics({ names: { attemptDuration: 'own_seconds' } })['requests.total']
    expect(named).toMatchObject({ count: expect.stringMatching(/^own_seconds_count\{/) })
  })

  it('open nothing before the first query', async () => {
    const loopback = await serveLoopback(() => {})
    let connections = 0
    loopback.server.on('connection', () => {
      connections += 1
    })
    const source = create({ baseUrl: loopback.url })
    source.capabilities('simple')
    await source.close?.()
    expect(connections).toBe(0)
    await loopback.close()
  })
})
