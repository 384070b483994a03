import type { PrometheusMetric } from 'modelspine/adapters/prometheus'
import { describe, expect, it } from 'vitest'
import { answering, both, counter, failureOf, interval, labels, scene, vector } from './scene.ts'

describe('a reading', () => {
  const ratio = {
    kind: 'ratio',
    hits: `sum(hits{${both}}[$range])`,
    total: `sum(total{${both}}[$range])`,
  } as const
  const spread = {
    kind: 'distribution',
    count: `sum(count{${both}}[$range])`,
    sum: `sum(sums{${both}}[$range])`,
    squares: `sum(squares{${both}}[$range])`,
    scale: 1000,
  } as const
  const counted = { kind: 'value', value: `max(values{${both}}[$range])`, count: spread.count } as const

  it.each<[string, PrometheusMetric, Record<string, object>, object]>([
    ['a ratio', ratio, { hits: vector('2'), total: vector('40') }, { kind: 'ratio', hits: 2, total: 40 }],
    ['no hits', ratio, { hits: vector('0'), total: vector('40') }, { kind: 'ratio', hits: 0, total: 40 }],
    [
      'guesses, rounded',
      ratio,
      { hits: vector('2.6'), total: vector('2.4') },
      { kind: 'ratio', hits: 2, total: 2 },
    ],
    ['no series of hits', ratio, { total: vector('40') }, { kind: 'no-data' }],
    [
      'no series of hits, which are none',
      { ...ratio, noHits: 'zero' },
      { total: vector('40') },
      { kind: 'ratio', hits: 0, total: 40 },
    ],
    ['no total', { ...ratio, noHits: 'zero' }, {}, { kind: 'no-data' }],
    ['a total of nothing', ratio, { hits: vector('0'), total: vector('0') }, { kind: 'no-data' }],
    ['a total that is NaN', ratio, { hits: vector('0'), total: vector('NaN') }, { kind: 'no-data' }],
    [
      'a value',
      { kind: 'value', value: counted.value },
      { values: vector('0') },
      { kind: 'value', value: 0 },
    ],
    [
      'a value below zero',
      { kind: 'value', value: counted.value },
      { values: vector('-2.5e-3') },
      { kind: 'value', value: -0.0025 },
    ],
    ['no value', { kind: 'value', value: counted.value }, {}, { kind: 'no-data' }],
    ['NaN', { kind: 'value', value: counted.value }, { values: vector('NaN') }, { kind: 'no-data' }],
    [
      'a scalar',
      { kind: 'value', value: counted.value },
      { values: { resultType: 'scalar', result: [1, '3'] } },
      { kind: 'value', value: 3 },
    ],
    [
      'a value of samples',
      counted,
      { values: vector('5'), count: vector('3') },
      { kind: 'value', value: 5, count: 3 },
    ],
    ['a value of no samples', counted, { values: vector('5'), count: vector('0') }, { kind: 'no-data' }],
    ['a value of unknown samples', counted, { values: vector('5') }, { kind: 'no-data' }],
    [
      'a distribution',
      spread,
      { count: vector('2'), sums: vector('3'), squares: vector('5') },
      { kind: 'distribution', count: 2, sum: 3000, sumSquares: 5e6 },
    ],
    [
      'one without spread',
      spread,
      { count: vector('2'), sums: vector('4'), squares: vector('7.9999999') },
      { kind: 'distribution', count: 2, sum: 4000, sumSquares: 8e6 },
    ],
    [
      'one of an unknown spread',
      spread,
      { count: vector('2'), sums: vector('3') },
      { kind: 'value', value: 1500, count: 2 },
    ],
    [
      'one of nothing',
      spread,
      { count: vector('0'), sums: vector('0'), squares: vector('0') },
      { kind: 'no-data' },
    ],
    ['one without a sum', spread, { count: vector('2') }, { kind: 'no-data' }],
  ])('of %s', async (_what, metric, answers, expected) => {
    const { server, ask } = await scene({ metric })
    server.answer = answering(answers)
    const covered = 'kind' in expected && expected.kind === 'no-data' ? {} : { covered: interval }
    expect(await ask()).toEqual({ ...expected, ...covered })
  })

  it.each<[string, PrometheusMetric, Record<string, object>, string, boolean]>([
    ['more hits than there were', ratio, { hits: vector('12'), total: vector('10') }, '12 hits of 10', true],
    ['hits below zero', ratio, { hits: vector('-1'), total: vector('10') }, 'a hits of -1', true],
    ['an infinite value', counted, { values: vector('+Inf'), count: vector('1') }, 'value is Infinity', true],
    ['one below all', counted, { values: vector('-Inf'), count: vector('1') }, 'value is -Infinity', true],
    [
      'squares that are too small',
      spread,
      { count: vector('2'), sums: vector('3'), squares: vector('4') },
      'too small',
      true,
    ],
    [
      'two series',
      counted,
      { values: vector('1', '2') },
      'value has 2 series, so add sum(…) or the like: {"instance":"i0"}, {"instance":"i1"}',
      false,
    ],
    [
      'very many series',
      counted,
      { values: vector(...Array.from({ length: 900 }, String)) },
      'and 895 more',
      false,
    ],
    [
      'samples in place of a number',
      counted,
      { values: { resultType: 'matrix', result: [] } },
      'value is a range of samples',
      false,
    ],
    ['a text', counted, { values: { resultType: 'string', result: [1, 'x'] } }, 'a string', false],
    [
      'a native histogram',
      counted,
      { values: { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] } },
      'no number',
      false,
    ],
    [
      'a number in place of samples',
      { kind: 'value', value: counter('x') },
      { x: vector('1') },
      'answered value with no samples',
      false,
    ],
  ])('is an error for %s', async (_what, metric, answers, message, retryable) => {
    const { server, ask } = await scene({ metric })
    server.answer = answering(answers)
    const error = await failureOf(ask())
    expect(error).toMatchObject({ code: 'metric-error', retryable })
    expect(error.message).toContain(message)
    expect(error.message.length).toBeLessThan(1000)
  })

  it('of counters says what it covers, also when they did not grow', async () => {
    const metrics = { idle: { kind: 'ratio', hits: counter('x'), total: counter('x') } } as const
    const { server, ask } = await scene(metrics)
    const points = Array.from({ length: 6 }, (_, place) => ({
      atMs: interval.fromMs + 30_000 + place * 5000,
      value: 4,
    }))
    server.series = [{ labels: { __name__: 'x', d: labels.deployment, r: 'one' }, points }]
    expect(await ask()).toEqual({
      kind: 'no-data',
      covered: { fromMs: interval.fromMs + 30_000, toMs: interval.toMs },
    })
  })

  it('of counters whose samples end early is an error, because nobody knows what came later', async () => {
    const metrics = { x: { kind: 'ratio', hits: counter('x'), total: counter('x') } } as const
    const { server, ask } = await scene(metrics)
    const samples = (count: number) => [
      {
        labels: { __name__: 'x', d: labels.deployment, r: 'one' },
        points: Array.from({ length: count }, (_, place) => ({
          atMs: interval.fromMs + place * 5000,
          value: place,
        })),
      },
    ]
    server.series = samples(11)
    expect(await ask()).toMatchObject({ total: 10 })
    server.series = samples(9)
    expect(await failureOf(ask())).toMatchObject({
      code: 'metric-error',
      retryable: true,
      message: expect.stringContaining('no samples of the last 20 s'),
    })
  })

  it('of buckets is a histogram, in whatever order they come, and where one lags behind', async () => {
    const metrics = { x: { kind: 'quantile', buckets: counter('x'), quantile: 0.9, scale: 1000 } } as const
    const { server, ask } = await scene(metrics)
    const grown = (le: string, count: number) => ({
      labels: { __name__: 'x', d: labels.deployment, r: 'one', le },
      points: Array.from({ length: 13 }, (_, place) => ({
        atMs: interval.fromMs + place * 5000,
        value: place === 0 ? 100 : 100 + count,
      })),
    })
    server.series = [grown('+Inf', 9), grown('0.25', 3), grown('0.5', 2), grown('1', 8)]
    expect(await ask()).toEqual({
      kind: 'histogram',
      quantile: 0.9,
      bounds: [250, 500, 1000],
      counts: [3, 0, 5, 1],
      covered: interval,
    })
    server.series = [grown('0.25', 0), grown('+Inf', 0)]
    expect(await ask()).toEqual({ kind: 'no-data', covered: interval })
  })

  it('of events is their number and the time in which they were counted', async () => {
    const { server, ask } = await scene({ x: { kind: 'events', events: counter('x') } })
    const points = (first: number, each: number) =>
      Array.from({ length: 13 - first }, (_, place) => ({
        atMs: interval.fromMs + (first + place) * 5000,
        value: 7 + place * each,
      }))
    const series = { labels: { __name__: 'x', d: labels.deployment, r: 'one' } }
    server.series = [{ ...series, points: points(0, 1) }]
    expect(await ask()).toEqual({ kind: 'events', events: 12, exposureMs: 60_000, covered: interval })
    server.series = [{ ...series, points: points(6, 0) }]
    const covered = { fromMs: interval.fromMs + 30_000, toMs: interval.toMs }
    expect(await ask()).toEqual({ kind: 'events', events: 0, exposureMs: 30_000, covered })
    server.series = []
    expect(await ask()).toEqual({ kind: 'no-data' })
  })

  it('of buckets that are none is an error', async () => {
    const metrics = { x: { kind: 'quantile', buckets: counter('x'), quantile: 0.5 } } as const
    const { server, ask } = await scene(metrics)
    for (const [labels, message] of [
      [{}, 'without the label le'],
      [{ le: 'wide' }, 'without the label le'],
      [{ le: '1' }, 'no series with le="+Inf"'],
      [{ le: '+Inf' }, 'has le="+Inf" alone'],
    ] as const) {
      const result = [{ metric: labels, values: [[interval.toMs / 1000, '1']] }]
      server.answer = answering({ x: { resultType: 'matrix', result } })
      expect(await failureOf(ask())).toMatchObject({
        code: 'metric-error',
        retryable: false,
        message: expect.stringContaining(message),
      })
    }
    server.answer = answering({ x: { resultType: 'matrix', result: [] } })
    expect(await ask()).toEqual({ kind: 'no-data' })
  })
})
