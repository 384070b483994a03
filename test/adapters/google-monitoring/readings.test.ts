import type { GoogleMetric } from 'modelspine/adapters/google-monitoring'
import { describe, expect, it } from 'vitest'
import { covered, deployed, errors, failureOf, interval, minuteMs, scene } from './scene.ts'

const at = (minute: number): number => interval.fromMs + minute * minuteMs
const p99: GoogleMetric = {
  kind: 'value',
  value: { ...deployed('prediction_latencies'), align: 'ALIGN_PERCENTILE_99' },
  over: 'max',
}
const p95: GoogleMetric = { kind: 'quantile', of: deployed('prediction_latencies'), quantile: 0.95 }
const explicit = { explicitBuckets: { bounds: [1] } }
const endTime = new Date(at(3)).toISOString()
const point = (value: object): object => ({ points: [{ interval: { endTime }, value }] })

describe('the numbers of an interval', () => {
  it('are sums over its periods, of this revision and deployment alone', async () => {
    const { ask, predict } = await scene({}, { phaseMs: 0 })
    for (const minute of [1, 1.5, 2, 3.9]) predict(at(minute), minute === 2)
    predict(at(2), true, 'two')
    predict(at(2), true, 'one', 'default-other')
    for (const outside of [0, 0.9, 4]) predict(at(outside), true)
    expect(await ask()).toEqual({ kind: 'ratio', hits: 1, total: 4, covered })
  })

  it('hold nothing of a sample that the interval cuts, at whatever second samples begin', async () => {
    for (const phaseMs of [1, 17_000, 59_999]) {
      const { ask, predict } = await scene({}, { phaseMs })
      for (let second = 1; second <= 120; second += 1) predict(interval.fromMs - second * 1000, true)
      for (let second = 0; second < 120; second += 1) predict(interval.toMs + second * 1000, true)
      for (let second = 0; second < 300; second += 1) predict(interval.fromMs + second * 1000, false)
      expect(await ask()).toMatchObject({ kind: 'ratio', hits: 0, covered })
    }
  })

  it('are no data where nothing was measured, and zero where zeros were', async () => {
    const { ask, predict } = await scene()
    expect(await ask()).toEqual({ kind: 'no-data', covered })
    predict(at(2), false)
    expect(await ask()).toEqual({ kind: 'ratio', hits: 0, total: 1, covered })
  })

  it('are no data when hits have none, unless that is declared to mean none', async () => {
    const metrics = { strict: errors, sparse: { ...errors, noHits: 'zero' } as const }
    const { ask, predict, simulator } = await scene({ metrics })
    predict(at(2), false)
    const [count] = simulator.data.splice(0)
    if (count !== undefined) simulator.data.push(count)
    expect(await ask('strict')).toEqual({ kind: 'no-data', covered })
    expect(await ask('sparse')).toEqual({ kind: 'ratio', hits: 0, total: 1, covered })
  })

  it('are no data for an interval without a whole period, and nobody is asked', async () => {
    const { ask, simulator } = await scene()
    expect(await ask(undefined, { interval: { fromMs: at(0), toMs: at(2.9) } })).toMatchObject({
      kind: 'no-data',
    })
    expect(simulator.calls).toEqual([])
  })

  it('are seen only when they have arrived', async () => {
    const { ask, clock, predict } = await scene({}, { lateMs: 8 * minuteMs })
    predict(at(2), false)
    expect(await ask()).toEqual({ kind: 'no-data', covered })
    await clock.advance(8 * minuteMs)
    expect(await ask()).toMatchObject({ kind: 'ratio', total: 1 })
  })

  it('are not waited for by a query that was aborted', async () => {
    const { ask, simulator } = await scene()
    simulator.stall()
    const abort = new AbortController()
    const asked = failureOf(ask(undefined, { abortSignal: abort.signal }))
    setTimeout(() => abort.abort(), 20)
    expect(await asked).toMatchObject({ code: 'aborted' })
  })

  it('are mean and spread of a distribution, in the unit that scale makes', async () => {
    const of = deployed('prediction_latencies')
    const metrics = {
      ms: { kind: 'distribution', of },
      s: { kind: 'distribution', of, scale: 0.001 },
    } as const
    const { ask, predict } = await scene({ metrics }, { phaseMs: 0 })
    for (const failed of [false, false, true]) predict(at(2), failed)
    predict(at(3), true)
    expect(await ask('ms')).toEqual({
      kind: 'distribution',
      count: 4,
      sum: 600,
      sumSquares: 100_000,
      covered,
    })
    const seconds = await ask('s')
    expect(seconds).toMatchObject({ kind: 'distribution', count: 4 })
    if (seconds.kind !== 'distribution') return
    expect(seconds.sum).toBeCloseTo(0.6)
    expect(seconds.sumSquares).toBeCloseTo(0.1)
  })

  it('are a histogram of all periods where a quantile is asked, in the unit that scale makes', async () => {
    const of = deployed('prediction_latencies')
    const metrics = { p95: { kind: 'quantile', of, quantile: 0.95, scale: 0.001 } } as const
    const { ask, predict } = await scene({ metrics }, { phaseMs: 0 })
    expect(await ask()).toEqual({ kind: 'no-data', covered })
    for (const failed of [false, false, true]) predict(at(2), failed)
    predict(at(3), true)
    expect(await ask()).toEqual({
      kind: 'histogram',
      quantile: 0.95,
      bounds: [0.025, 0.05, 0.1, 0.2, 0.4],
      counts: [0, 0, 0, 2, 2, 0],
      covered,
    })
  })

  it.each<[string, object, readonly number[]]>([
    ['linear', { linearBuckets: { numFiniteBuckets: 2, width: 10 } }, [0, 10, 20]],
    ['linear with an offset', { linearBuckets: { numFiniteBuckets: 2, width: 10, offset: 5 } }, [5, 15, 25]],
    ['exponential', { exponentialBuckets: { numFiniteBuckets: 2, growthFactor: 3, scale: 2 } }, [2, 6, 18]],
    ['explicit', { explicitBuckets: { bounds: [1, 7, 9] } }, [1, 7, 9]],
  ])('have %s buckets', async (_kind, bucketOptions, bounds) => {
    const metrics = { m: { kind: 'quantile', of: deployed('prediction_latencies'), quantile: 0.5 } } as const
    const { ask, simulator } = await scene({ metrics })
    const distributionValue = { count: '5', mean: 3, bucketOptions, bucketCounts: ['1', '0', '4'] }
    simulator.override = () => ({ timeSeries: [point({ distributionValue })] })
    expect(await ask()).toMatchObject({ kind: 'histogram', bounds, counts: [1, 0, 4, 0] })
  })

  it('are one number of those of the periods', async () => {
    const count = deployed('prediction_count')
    const metrics = { p99, mean: { ...p99, over: 'mean', count }, half: { ...p99, scale: 0.5 } } as const
    const { ask, predict } = await scene({ metrics }, { phaseMs: 0 })
    for (const failed of [false, true]) predict(at(1), failed)
    for (let times = 0; times < 6; times += 1) predict(at(3), false)
    expect(await ask('p99')).toEqual({ kind: 'value', value: 200, covered })
    expect(await ask('half')).toEqual({ kind: 'value', value: 100, covered })
    expect(await ask('mean')).toEqual({ kind: 'value', value: 125, count: 8, covered })
  })

  it('are counts of a distribution where counts are asked', async () => {
    const latency = deployed('prediction_latencies')
    const { ask, predict } = await scene({ metrics: { m: { kind: 'ratio', hits: latency, total: latency } } })
    predict(at(2), false)
    expect(await ask()).toMatchObject({ kind: 'ratio', hits: 1, total: 1 })
  })
})

describe('an answer that cannot be judged by', () => {
  it.each<[string, object, GoogleMetric, RegExp, boolean]>([
    [
      'is of several series',
      { timeSeries: [point({ doubleValue: 1 }), point({ doubleValue: 2 })] },
      p99,
      /give reduce/,
      false,
    ],
    [
      'is a distribution',
      { timeSeries: [point({ distributionValue: { count: '1' } })] },
      p99,
      /give align/,
      false,
    ],
    ['is a text', { timeSeries: [point({ stringValue: 'fine' })] }, p99, /no number/, false],
    [
      'has no buckets',
      { timeSeries: [point({ distributionValue: { count: '1' } })] },
      p95,
      /without the counts/,
      false,
    ],
    [
      'has no counts of buckets',
      { timeSeries: [point({ distributionValue: { count: '1', bucketOptions: explicit } })] },
      p95,
      /without the counts/,
      false,
    ],
    [
      'has more counts than buckets',
      {
        timeSeries: [
          point({
            distributionValue: { count: '3', bucketOptions: explicit, bucketCounts: ['1', '1', '1'] },
          }),
        ],
      },
      p95,
      /without the counts/,
      false,
    ],
    [
      'has a negative bucket',
      {
        timeSeries: [
          point({ distributionValue: { count: '3', bucketOptions: explicit, bucketCounts: ['4', '-1'] } }),
        ],
      },
      p95,
      /bucket of -1/,
      true,
    ],
    ['is not finite', { timeSeries: [point({ doubleValue: 'NaN' })] }, p99, /NaN/, true],
    ['is negative', { timeSeries: [point({ int64Value: '-3' })] }, errors, /total of -3/, true],
    [
      'is only a part, by an error',
      { executionErrors: [{ code: 4, message: 'too slow' }] },
      p99,
      /too slow/,
      true,
    ],
    ['is only a part, by a region', { unreachable: ['europe-west4'] }, p99, /europe-west4/, true],
    ['has another form', { timeSeries: {} }, p99, /unknown form/, true],
    ['does not end', { nextPageToken: 'again' }, p99, /without end/, true],
  ])('%s is a metric-error', async (_, answer, metric, words, retryable) => {
    const { ask, simulator } = await scene({ metrics: { m: metric } })
    simulator.override = () => answer as Readonly<Record<string, unknown>>
    const failure = await failureOf(ask())
    expect(failure).toMatchObject({ code: 'metric-error', message: expect.stringMatching(words), retryable })
  })

  it('is one of numbers where a distribution was declared', async () => {
    const { ask, predict } = await scene({
      metrics: { m: { kind: 'distribution', of: deployed('error_count') } },
    })
    predict(at(2), true)
    expect((await failureOf(ask())).message).toContain('declare the metric as ratio or value')
  })

  it('has more hits than there are in total', async () => {
    const { ask, simulator } = await scene()
    simulator.override = (query) => ({
      timeSeries: [point({ int64Value: query.get('filter')?.includes('error_count') ? '3' : '2' })],
    })
    expect((await failureOf(ask())).message).toContain('3 hits of 2')
  })
})

describe('a label', () => {
  it.each(['"one" OR metric.type = "other', 'back\\slash', 'a = b AND c'])(
    'cannot change the filter: %s',
    async (revision) => {
      const { ask, predict, simulator } = await scene()
      predict(at(2), false, revision)
      predict(at(2), true)
      const asked = { labels: { deployment: 'default/churn', revision } }
      expect(await ask('errors', asked)).toMatchObject({ kind: 'ratio', hits: 0, total: 1 })
      expect(simulator.calls.length).toBe(2)
    },
  )

  it('may be made by a function', async () => {
    const of = (name: string) => ({
      ...deployed(name),
      metricLabels: { deployed_model_id: ({ revision }: { revision: string }) => `id-${revision}` },
    })
    const { ask, predict } = await scene({
      metrics: { m: { kind: 'ratio', hits: of('error_count'), total: of('prediction_count') } },
    })
    predict(at(2), false, 'id-one')
    expect(await ask()).toMatchObject({ kind: 'ratio', total: 1 })
  })

  it.each(['', 'a\nb', 'x'.repeat(1025), undefined])(
    'that no series can have is refused: %j',
    async (value) => {
      const of = (name: string) => ({
        ...deployed(name),
        metricLabels: { deployed_model_id: () => value as string },
      })
      const { ask } = await scene({
        metrics: { m: { kind: 'ratio', hits: of('error_count'), total: of('prediction_count') } },
      })
      expect(await failureOf(ask())).toMatchObject({
        code: 'metric-error',
        retryable: false,
        message: expect.stringContaining('cannot be the value of metric.labels.deployed_model_id'),
      })
    },
  )
})
