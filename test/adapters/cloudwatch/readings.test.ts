import type { CloudwatchMetric } from 'modelspine/adapters/cloudwatch'
import { describe, expect, it } from 'vitest'
import { errors, failureOf, interval, labels, minuteMs, nowMs, scene, variant } from './scene.ts'

const covered = interval
const at = (minute: number): number => interval.fromMs + minute * minuteMs
const result = (Id: string, more: object = {}): object => ({
  Id,
  Timestamps: [at(0) / 1000],
  Values: [1],
  StatusCode: 'Complete',
  ...more,
})

describe('the numbers of an interval', () => {
  it('are sums over its periods, of this revision and deployment alone', async () => {
    const { ask, invoke } = await scene()
    for (const minute of [0, 0.5, 1, 4.9]) invoke(at(minute), minute === 1)
    invoke(at(1), true, 'two')
    invoke(at(1), true, 'one', 'default-other')
    for (const outside of [-0.1, 5]) invoke(at(outside), true)
    expect(await ask()).toEqual({ kind: 'ratio', hits: 1, total: 4, covered })
  })

  it('are zero where zeros were measured, and no data where nothing was', async () => {
    const { ask, invoke } = await scene()
    expect(await ask()).toEqual({ kind: 'no-data', covered })
    invoke(at(1), false)
    expect(await ask()).toEqual({ kind: 'ratio', hits: 0, total: 1, covered })
  })

  it('are no data when hits have none, unless that is declared to mean none', async () => {
    const metrics = { strict: errors, sparse: { ...errors, noHits: 'zero' } as const }
    const { ask, invoke, simulator } = await scene({ metrics })
    invoke(at(1), false)
    simulator.data.splice(0, 2, ...simulator.data.filter(({ metric }) => metric === 'Invocations'))
    expect(await ask('strict')).toEqual({ kind: 'no-data', covered })
    expect(await ask('sparse')).toEqual({ kind: 'ratio', hits: 0, total: 1, covered })
  })

  it('are never more hits than there are in total', async () => {
    const { ask, simulator } = await scene()
    simulator.override = () => ({
      MetricDataResults: [result('hits', { Values: [3] }), result('total', { Values: [2] })],
    })
    expect(await failureOf(ask())).toMatchObject({ code: 'metric-error', retryable: true })
  })

  it('are of whole periods: what the interval cuts is left out, and told', async () => {
    const { ask, invoke, simulator } = await scene()
    for (const minute of [0.9, 1, 3.9, 4]) invoke(at(minute), true)
    const cut = { fromMs: at(0.5), toMs: at(4.5) }
    expect(await ask('errors', { interval: cut })).toEqual({
      kind: 'ratio',
      hits: 2,
      total: 2,
      covered: { fromMs: at(1), toMs: at(4) },
    })
    expect(simulator.exchanges[0]?.input).toMatchObject({
      StartTime: at(1) / 1000,
      EndTime: at(4) / 1000,
    })
  })

  it('are no data within a period, from which on there is none, and CloudWatch is not asked', async () => {
    const { ask, simulator } = await scene()
    const short = { fromMs: at(0.2), toMs: at(0.9) }
    expect(await ask('errors', { interval: short })).toEqual({
      kind: 'no-data',
      covered: { fromMs: at(1), toMs: at(1) },
    })
    expect(simulator.exchanges).toEqual([])
  })

  it('leave out what CloudWatch adds by rounding the times', async () => {
    const { ask, simulator } = await scene()
    const points = { Timestamps: [at(-1) / 1000, at(0) / 1000, at(5) / 1000], Values: [8, 1, 8] }
    simulator.override = () => ({ MetricDataResults: [result('hits', points), result('total', points)] })
    expect(await ask()).toMatchObject({ hits: 1, total: 1 })
  })

  it.each([
    ['two hours', 2 / 24, 30],
    ['four hours', 4 / 24, 60],
    ['16 days', 16, 300],
    ['64 days', 64, 3600],
  ])('are asked by periods that CloudWatch still has of what is %s old', async (_age, days, seconds) => {
    const { ask, simulator } = await scene({ metrics: { errors: { ...errors, periodSeconds: 30 } } })
    const fromMs = nowMs - days * 86_400_000
    await ask('errors', { interval: { fromMs, toMs: nowMs } })
    expect(JSON.stringify(simulator.exchanges[0]?.input)).toContain(`"Period":${seconds},`)
  })

  const values: Readonly<Record<string, CloudwatchMetric>> = {
    mean: { kind: 'value', value: variant('Latency', 'Average'), over: 'mean' },
    weighted: {
      kind: 'value',
      value: variant('Latency', 'Average'),
      count: variant('Latency', 'SampleCount'),
      over: 'mean',
    },
    sum: { kind: 'value', value: variant('Latency', 'Sum'), over: 'sum' },
    max: { kind: 'value', value: variant('Latency', 'Average'), over: 'max', scale: 0.001 },
    min: { kind: 'value', value: variant('Latency', 'Minimum'), over: 'min' },
    exact: {
      kind: 'mean',
      of: {
        namespace: 'AWS/SageMaker',
        metric: 'Latency',
        dimensions: { EndpointName: '{namespace}-{name}', VariantName: '{revision}' },
      },
      scale: 0.001,
    },
    math: {
      kind: 'value',
      value: 'slow / slow',
      over: 'max',
      metrics: { slow: variant('Latency', 'Sum') },
    },
  }

  it.each([
    ['mean', { value: 4000 }],
    ['weighted', { value: 3000, count: 4 }],
    ['sum', { value: 12_000 }],
    ['max', { value: 6 }],
    ['min', { value: 1000 }],
    ['exact', { value: 3, count: 4 }],
    ['math', { value: 1 }],
  ])('make one of those of the periods: %s', async (name, expected) => {
    const { ask, simulator } = await scene({ metrics: values })
    const dimensions = { EndpointName: 'default-churn', VariantName: 'one' }
    for (const [minute, value] of [
      [1, 1000],
      [1.1, 2000],
      [1.2, 3000],
      [3, 6000],
    ] as const) {
      simulator.put({ namespace: 'AWS/SageMaker', metric: 'Latency', dimensions, atMs: at(minute), value })
    }
    expect(await ask(name)).toEqual({ kind: 'value', ...expected, covered })
    expect(await ask(name, { labels: { ...labels, revision: 'two' } })).toEqual({ kind: 'no-data', covered })
  })

  it('are no data where only a filled-in number stands', async () => {
    const filled: CloudwatchMetric = {
      kind: 'value',
      value: 'FILL(bad, 0)',
      over: 'max',
      count: variant('Invocations', 'Sum'),
      metrics: { bad: variant('Invocation5XXErrors', 'Sum') },
    }
    const { ask, invoke } = await scene({ metrics: { filled } })
    expect(await ask()).toEqual({ kind: 'no-data', covered })
    invoke(at(1), true)
    expect(await ask()).toEqual({ kind: 'value', value: 1, count: 1, covered })
  })
})

describe('the pages of an answer', () => {
  it('are all read, and each asks for the same', async () => {
    const { ask, invoke, simulator } = await scene(undefined, { pageSize: 2 })
    for (const minute of [0, 1, 2, 3, 4]) invoke(at(minute), minute > 2)
    expect(await ask()).toEqual({ kind: 'ratio', hits: 2, total: 5, covered })
    const inputs = simulator.exchanges.map(({ input }) => input)
    expect(inputs.map(({ NextToken }) => NextToken)).toEqual([undefined, '2', '4'])
    expect(new Set(inputs.map(({ NextToken: _, ...same }) => JSON.stringify(same))).size).toBe(1)
  })

  it('end when CloudWatch never does', async () => {
    const { ask, simulator } = await scene()
    simulator.override = () => ({ MetricDataResults: [], NextToken: 'again' })
    expect((await failureOf(ask())).message).toContain('more than 100 pages')
  })
})

describe('an answer that is not whole', () => {
  const both = (more: object, rest: object = {}): object => ({
    MetricDataResults: [result('hits'), result('total', more)],
    ...rest,
  })
  const note = (Code: string): object => ({ Messages: [{ Code, Value: 'words of AWS' }] })

  it.each<[string, object, string, boolean]>([
    ['PartialData to its end', both({ StatusCode: 'PartialData' }), 'only a part of the data of total', true],
    [
      'InternalError',
      both({ StatusCode: 'InternalError', ...note('X') }),
      'InternalError for total: X: words',
      true,
    ],
    ['Forbidden', both({ StatusCode: 'Forbidden', ...note('Forbidden') }), 'not let us read total', false],
    ['a status that is new', both({ StatusCode: 'Tired' }), 'Tired for total', true],
    ['a message about all', both({}, note('MaxMetricsExceeded')), 'MaxMetricsExceeded: words of AWS', true],
    ['a remark about a metric', both(note('Other')), 'remark about total: Other', true],
    ['nothing about a metric', { MetricDataResults: [result('hits')] }, 'nothing about total', true],
    ['values without times', both({ Timestamps: [] }), '0 times and 1 values', true],
    ['another form', { MetricDataResults: 'none' }, 'unknown form', true],
  ])('is an error and no number: %s', async (_what, answer, words, retryable) => {
    const { ask, simulator } = await scene()
    simulator.override = () => answer as Readonly<Record<string, unknown>>
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({ code: 'metric-error', retryable })
    expect(failure.message).toContain(words)
  })

  it('is whole when a division by zero was left out', async () => {
    const { ask, simulator } = await scene()
    simulator.override = () => both(note('ArithmeticError')) as Readonly<Record<string, unknown>>
    expect(await ask()).toMatchObject({ hits: 1, total: 1 })
  })
})

describe('a name with odd characters', () => {
  const odd = `a"},{"Name":"x{revision}$&{name}`

  it('is data: it changes nothing but the value that it stands in', async () => {
    const { ask, simulator } = await scene()
    const inputOf = async (revision: string): Promise<string> => {
      await ask('errors', { labels: { ...labels, revision } })
      return JSON.stringify(simulator.exchanges.at(-1)?.input)
    }
    const plain = await inputOf('plain')
    expect(await inputOf(odd)).toBe(plain.replaceAll('"plain"', () => JSON.stringify(odd)))
  })

  it.each(['é', 'a\nb', ' ', 'x'.repeat(1025)])(
    'is refused where no dimension can have it: %j',
    async (revision) => {
      const { ask, simulator } = await scene()
      const failure = await failureOf(ask('errors', { labels: { ...labels, revision } }))
      expect(failure).toMatchObject({ code: 'metric-error', retryable: false })
      expect(simulator.exchanges).toEqual([])
    },
  )
})
