import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCodes } from '../../../src/errors.ts'
import { createFeedback } from '../../../src/feedback/create-feedback.ts'
import { knownMetric, knownMetrics, misspeltMetric } from '../../../src/resources/deployment/known-metrics.ts'
import { combineSources } from '../../../src/telemetry/combine-sources.ts'
import { histogramQuantile } from '../../../src/telemetry/contract/histogram-quantile.ts'
import { readingSamples } from '../../../src/telemetry/contract/reading-samples.ts'
import type { AttemptRecord, MetricReading, ReadingContext } from '../../../src/telemetry/contract.ts'
import { createMetricWindows, type MetricWindows } from '../../../src/telemetry/metric-windows.ts'
import { requestCells } from '../../../src/telemetry/request-metrics.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/index.ts'
import { cellOf } from '../../../src/windows/histogram.ts'
import { SharedCounts } from '../../../src/windows/shared-counts.ts'
import { SteadyTime } from '../../../src/windows/steady-time.ts'
import { attemptRecord } from './attempt-records.ts'

const deployment = 'default/churn'

function started(): { clock: FakeClock; windows: MetricWindows; startMs: number } {
  const clock = createFakeClock()
  return { clock, windows: createMetricWindows({ clock }), startMs: clock.now() }
}

function read(
  windows: MetricWindows,
  metric: string,
  fromMs: number,
  toMs: number,
  revision = 'one',
): MetricReading {
  return windows.query({ metric, labels: { deployment, revision }, interval: { fromMs, toMs } })
}

describe('request windows', () => {
  it('equal a naive recount over random attempts and intervals on bucket borders', async () => {
    const attempt = fc.record({
      afterMs: fc.integer({ min: 0, max: 2000 }),
      revision: fc.constantFrom('one', 'two'),
      durationMs: fc.integer({ min: 1, max: 5000 }),
      outcome: fc.constantFrom('ok' as const, 'failed' as const, 'aborted' as const),
      code: fc.constantFrom<ErrorCode[]>(
        'timeout',
        'unavailable',
        'bad-request',
        'content-filter',
        'rate-limited',
      ),
      tookMs: fc.nat(600),
      retriedFrom: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
      inputTokens: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(attempt, { maxLength: 40 }),
        fc.nat(60),
        fc.nat(60),
        async (attempts, begin, length) => {
          const { clock, windows, startMs } = started()
          const records: AttemptRecord[] = []
          for (const {
            afterMs,
            tookMs,
            revision,
            outcome,
            code,
            inputTokens,
            retriedFrom,
            ...more
          } of attempts) {
            await clock.advance(afterMs)
            const startedAtMs = clock.now()
            const begin = { startedAtMs, ...(retriedFrom !== undefined && { retriedFrom }) }
            windows.attempting(attemptRecord({ ...begin, endedAtMs: 0 }, revision))
            await clock.advance(tookMs)
            const failed =
              outcome === 'ok' ? {} : { code: outcome === 'aborted' ? ('aborted' as const) : code }
            const usage = inputTokens === undefined ? {} : { inputTokens, cacheReadTokens: 7 }
            const fields = { ...begin, ...more, endedAtMs: clock.now(), outcome, usage, ...failed }
            records.push(attemptRecord(fields, revision))
            windows.attempted(records.at(-1) as AttemptRecord)
          }
          await clock.advance(1)
          const nowMs = clock.now()
          const fromMs = Math.max(startMs, Math.floor(nowMs / 250) * 250 - begin * 250)
          const toMs = Math.min(nowMs, fromMs + length * 250)
          // Further back the buckets are wider. The property test of the window covers those.
          fc.pre(nowMs - fromMs < 8_000)
          for (const revision of ['one', 'two']) {
            const inside = records.filter(
              ({ endedAtMs, upstream }) =>
                upstream.revision === revision && endedAtMs >= fromMs && endedAtMs < toMs,
            )
            const blamed = inside.filter(
              ({ code }) => code !== undefined && ['timeout', 'unavailable', 'rate-limited'].includes(code),
            )
            const answered = inside.filter(({ outcome }) => outcome === 'ok')
            const covered = { fromMs, toMs }
            const assigned = records.filter(
              ({ startedAtMs, upstream, retriedFrom }) =>
                upstream.revision === revision &&
                retriedFrom === undefined &&
                startedAtMs >= fromMs &&
                startedAtMs < toMs,
            ).length
            const other = revision === 'one' ? 'two' : 'one'
            const contextOf = (samples: readonly AttemptRecord[]) => ({
              covered,
              assigned,
              retried: samples.filter(({ retriedFrom }) => retriedFrom === other).length,
            })
            const judged = answered.length + blamed.length
            expect(read(windows, 'requests.errors', fromMs, toMs, revision)).toEqual(
              judged === 0
                ? { kind: 'no-data', covered, assigned }
                : {
                    kind: 'ratio',
                    hits: blamed.length,
                    total: judged,
                    ...contextOf([...answered, ...blamed]),
                  },
            )
            expect(read(windows, 'requests.latency', fromMs, toMs, revision)).toEqual(
              spread(
                answered.map(({ durationMs }) => durationMs),
                contextOf(answered),
              ),
            )
            const withTokens = inside.filter(({ usage }) => usage.inputTokens !== undefined)
            const told = withTokens.map(({ usage }) => (usage.inputTokens ?? 0) + 7)
            for (const metric of ['tokens.input', 'tokens.total']) {
              expect(read(windows, metric, fromMs, toMs, revision)).toEqual(
                spread(told, contextOf(withTokens)),
              )
            }
            expect(read(windows, 'requests.total', fromMs, toMs, revision)).toEqual(
              inside.length === 0
                ? { kind: 'no-data', covered, assigned }
                : { kind: 'value', value: inside.length, count: inside.length, ...contextOf(inside) },
            )
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('blame the backend for all failures except the failures of the request itself', () => {
    const excused: readonly ErrorCode[] = [
      'bad-request',
      'aborted',
      'content-filter',
      'context-length',
      'unsupported',
    ]
    for (const code of errorCodes) {
      const { clock, windows, startMs } = started()
      windows.attempted(attemptRecord({ endedAtMs: clock.now(), outcome: 'failed', code }))
      expect(read(windows, 'requests.errors', startMs, startMs + 1).kind).toBe(
        excused.includes(code) ? 'no-data' : 'ratio',
      )
    }
  })

  it('count nothing for an upstream that is not a deployment', () => {
    const { clock, windows, startMs } = started()
    const upstream = { provider: 'openai', model: 'some-model' }
    windows.attempted(attemptRecord({ endedAtMs: clock.now(), upstream }))
    expect(windows.series).toBe(0)
    expect(read(windows, 'requests.total', startMs, startMs + 1).kind).toBe('no-data')
  })

  it('answer for a running step of three seconds', async () => {
    const { clock, windows } = started()
    await clock.advance(60_130)
    const fromMs = clock.now()
    for (let count = 0; count < 30; count += 1) {
      await clock.advance(100)
      windows.attempted(attemptRecord({ endedAtMs: clock.now(), durationMs: 80 }))
    }
    const reading = read(windows, 'requests.total', fromMs, clock.now())
    expect(reading).toMatchObject({ kind: 'value', covered: { fromMs } })
    expect((reading as { value: number }).value).toBeGreaterThanOrEqual(28)
    expect((reading as { value: number }).value).toBeLessThanOrEqual(30)
  })

  it('count no tokens that were estimated, because gates judge by what vendors say', async () => {
    const { clock, windows, startMs } = started()
    const usage = { inputTokens: 10, outputTokens: 20, estimated: true } as const
    await clock.advance(100)
    windows.attempted(attemptRecord({ endedAtMs: clock.now(), usage }))
    expect(read(windows, 'tokens.total', startMs, clock.now())).toMatchObject({ kind: 'no-data' })
  })

  it('give percentiles and first output in milliseconds, the rate per second, and tokens', async () => {
    const { clock, windows, startMs } = started()
    for (let durationMs = 1; durationMs <= 100; durationMs += 1) {
      await clock.advance(100)
      windows.attempted(
        attemptRecord({
          endedAtMs: clock.now(),
          durationMs,
          firstOutputMs: 5,
          usage: { inputTokens: 10, outputTokens: 20, cacheWriteTokens: 1 },
        }),
      )
    }
    const value = (metric: string): number => {
      const reading = read(windows, metric, startMs, clock.now())
      if (reading.kind === 'value') return reading.value
      if (reading.kind === 'histogram') return histogramQuantile(reading)
      if (reading.kind === 'events') return (reading.events * 1000) / reading.exposureMs
      return reading.kind === 'distribution' ? reading.sum / reading.count : Number.NaN
    }
    for (const [metric, exact] of [
      ['p50', 50],
      ['p90', 90],
      ['p95', 95],
      ['p99', 99],
    ] as const) {
      const reading = read(windows, `requests.latency.${metric}`, startMs, clock.now())
      expect([reading.kind, readingSamples(reading)]).toEqual(['histogram', 100])
      expect(Math.abs(value(`requests.latency.${metric}`) - exact) / exact).toBeLessThan(0.02)
    }
    expect(value('requests.perSecond')).toBe(10)
    expect(value('requests.firstOutput')).toBe(5)
    expect(value('tokens.input')).toBe(11)
    expect(value('tokens.output')).toBe(20)
    expect(value('tokens.total')).toBe(31)
  })

  it('tell of every sample of a retried request, its first output too', () => {
    const { clock, windows, startMs } = started()
    const usage = { inputTokens: 1, outputTokens: 1 }
    const fields = { endedAtMs: clock.now(), firstOutputMs: 5, usage }
    windows.attempted(attemptRecord({ ...fields, retriedFrom: 'two' }))
    windows.attempted(attemptRecord({ ...fields, retriedFrom: 'one' }))
    windows.attempted(attemptRecord(fields))
    for (const metric of windows.metrics) {
      expect([metric, read(windows, metric, startMs, startMs + 1)]).toMatchObject([metric, { retried: 1 }])
    }
  })

  it('count a request for its revision when it begins, and although it never ends', async () => {
    const { clock, windows, startMs } = started()
    windows.attempted(attemptRecord({ endedAtMs: clock.now() }))
    windows.attempting(attemptRecord({ startedAtMs: clock.now(), endedAtMs: 0 }))
    await clock.advance(10_000)
    windows.attempting(attemptRecord({ startedAtMs: clock.now(), endedAtMs: 0 }))
    windows.attempted(attemptRecord({ startedAtMs: startMs, endedAtMs: clock.now() }))
    expect(read(windows, 'requests.errors', startMs, startMs + 1000)).toMatchObject({ assigned: 1, total: 1 })
    expect(read(windows, 'requests.errors', startMs + 5000, clock.now())).toMatchObject({
      assigned: 1,
      total: 1,
    })
    expect(read(windows, 'requests.errors', startMs, clock.now())).toMatchObject({ assigned: 2, total: 2 })
  })

  it('read the counts of processes that do not tell of begun and of retried requests', async () => {
    const clock = createFakeClock()
    const startMs = clock.now()
    const time = new SteadyTime(clock)
    const bounds = { ...requestCells, keepMs: 3_600_000, maxBytes: 1_000_000 }
    const shared = new SharedCounts({ ...bounds, startedAtMs: startMs, time })
    const windows = createMetricWindows({ clock, shared })
    const sums = [2, 2, 1, 1, 20, 400]
    const bucket = { startMs, widthMs: 1000, sums, tallies: [256 + cellOf(20)] }
    shared.merge({ group: deployment, name: 'one', bucket }, clock.now())
    windows.attempting(attemptRecord({ startedAtMs: startMs, endedAtMs: 0 }))
    await clock.advance(10_000)
    shared.readAt(clock.now())
    const toMs = startMs + 5000
    const context = { covered: { fromMs: startMs, toMs }, assigned: 1, retried: 0 }
    expect(read(windows, 'requests.errors', startMs, toMs)).toEqual({
      kind: 'ratio',
      hits: 1,
      total: 2,
      ...context,
    })
    const latency = read(windows, 'requests.latency.p50', startMs, toMs)
    expect(latency).toMatchObject({ kind: 'histogram', ...context })
    expect(readingSamples(latency)).toBe(1)
  })

  it('say since when they have counted', async () => {
    const { clock, windows, startMs } = started()
    await clock.advance(5000)
    const reading = read(windows, 'requests.errors', startMs - 60_000, clock.now())
    expect(reading).toEqual({ kind: 'no-data', assigned: 0, covered: { fromMs: startMs, toMs: clock.now() } })
  })

  it('refuse an unknown metric, and suggest the likely name', () => {
    const { windows } = started()
    expect(() => read(windows, 'requests.error', 0, 1)).toThrow(
      'metric "requests.error" is not known. Did you mean "requests.errors"?',
    )
    expect(() => read(windows, 'toString', 0, 1)).toThrow('Known: requests.errors')
  })

  it.each([
    [{ revision: 'one' }, 'label "deployment" is missing'],
    [{ deployment, region: 'eu' }, 'label "region" is not known'],
  ])('refuse labels %o', (labels, message) => {
    const { windows } = started()
    const interval = { fromMs: 0, toMs: 1 }
    expect(() => windows.query({ metric: 'requests.errors', labels, interval })).toThrow(message)
  })
})

describe('combined sources', () => {
  it('ask the source that has the metric, and name all metrics when no source has it', () => {
    const { clock, windows } = started()
    const other = {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      metrics: ['moods.*'],
      query: (): MetricReading => ({ kind: 'value', value: 3, covered: { fromMs: 0, toMs: 1 } }),
    }
    const source = combineSources([windows, other])
    const ask = (metric: string) =>
      source.query({ metric, labels: { deployment }, interval: { fromMs: 0, toMs: clock.now() } })
    expect(ask('moods.good')).toMatchObject({ value: 3 })
    expect(ask('requests.errors')).toMatchObject({ kind: 'no-data' })
    expect(() => ask('moods.')).toThrow('moods.*')
    expect(() => ask('tokens.totals')).toThrow('Did you mean "tokens.total"?')
    expect(source.capabilities('requests.errors')).toMatchObject({ routerMeasured: true })
    expect(source.capabilities('moods.good')).toMatchObject({ routerMeasured: false })
    expect(() => source.capabilities('tokens.totals')).toThrow('Did you mean "tokens.total"?')
  })

  it('answer every metric that the loader knows, and give a ratio exactly where the loader says so', () => {
    const { clock, windows, startMs } = started()
    const feedback = createFeedback({ clock })
    const plane = combineSources([windows, feedback])
    const usage = { inputTokens: 1, outputTokens: 1 }
    windows.attempted(attemptRecord({ endedAtMs: clock.now(), firstOutputMs: 1, usage }))
    const record = attemptRecord({ endedAtMs: clock.now() })
    const reply = {
      kind: 'tensors',
      outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [1] }],
    } as const
    feedback.attempted({ ...record, reply })
    feedback.record({ kind: 'label', requestId: record.requestId, value: 1 })
    feedback.record({ kind: 'rating', requestId: record.requestId, value: 5 })
    for (const metric of knownMetrics) {
      const interval = { fromMs: startMs, toMs: startMs + 1 }
      const { kind } = plane.query({
        metric,
        labels: { deployment, revision: 'one' },
        interval,
      }) as MetricReading
      expect([metric, kind === 'ratio', kind === 'no-data']).toEqual([
        metric,
        knownMetric('plane', metric)?.ratio,
        false,
      ])
    }
    const undirected = ['requests.total', 'requests.perSecond', 'outcomes.*']
    expect(plane.metrics.filter((metric) => !undirected.includes(metric)).sort()).toEqual(
      [...knownMetrics].sort(),
    )
    for (const metric of [...plane.metrics, 'outcomes.errors']) {
      expect([metric, misspeltMetric('plane', metric)]).toEqual([metric, undefined])
    }
    expect(misspeltMetric('plane', 'request.errors')).toBe('requests.errors')
    expect(misspeltMetric('prom', 'request.errors')).toBeUndefined()
  })
})

function spread(values: readonly number[], context: ReadingContext): MetricReading {
  const { retried: _, ...requests } = context
  if (values.length === 0) return { kind: 'no-data', ...requests }
  const sum = values.reduce((total, value) => total + value, 0)
  const sumSquares = values.reduce((total, value) => total + value * value, 0)
  return { kind: 'distribution', count: values.length, sum, sumSquares, ...context }
}
