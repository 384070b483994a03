import fc from 'fast-check'
import { errorCodes, type MetricReading } from 'modelspine/adapter'
import { modelspineMetrics, prometheusMetrics } from 'modelspine/adapters/prometheus'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMetricWindows } from '../../../src/telemetry/metric-windows.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { attemptRecord } from '../../unit/telemetry/attempt-records.ts'
import { scrapedHistory } from './scraped-history.ts'
import { type SmallPrometheus, smallPrometheus } from './small-prometheus.ts'

const scrapeMs = 1000
const labels = { deployment: 'default/churn', revision: 'one' }
const interval = { fromMs: 1_800_000_010_000, toMs: 1_800_000_030_000 }

let server: SmallPrometheus
beforeAll(async () => {
  server = await smallPrometheus()
})
afterAll(() => server.close())

const attempt = fc.record({
  atMs: fc.integer({ min: interval.fromMs - 10_000, max: interval.toMs + 5000 }),
  revision: fc.constantFrom('one', 'two'),
  durationMs: fc.integer({ min: 1, max: 90_000 }),
  failure: fc.option(fc.constantFrom(...errorCodes), { freq: 3, nil: undefined }),
})

describe('the ready metrics', () => {
  it('say the same as the plane’s own, of the same attempts', async () => {
    const source = prometheusMetrics({ baseUrl: server.url, scrapeMs, metrics: modelspineMetrics() })
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 60 }), async (attempts) => {
        const clock = createFakeClock({ startMs: interval.fromMs - 20_000 })
        const windows = createMetricWindows({ clock, bucketMs: scrapeMs })
        const history = scrapedHistory({ scrapeMs, labels: { job: 'gateway', instance: 'one' } })
        history.beganMs = interval.fromMs - 20_000
        await clock.advance(60_000)
        for (const { atMs, revision, durationMs, failure } of attempts) {
          const outcome = failure === undefined ? 'ok' : failure === 'aborted' ? 'aborted' : 'failed'
          const record = attemptRecord(
            { endedAtMs: atMs, durationMs, outcome, ...(failure && { code: failure }) },
            revision,
          )
          windows.attempted(record)
          history.attempts.push(record)
        }
        server.series = await history.until(interval.toMs + 5000)
        for (const metric of [
          'requests.errors',
          'requests.total',
          'requests.perSecond',
          'requests.latency',
        ]) {
          const own = windows.query({ metric, labels, interval })
          const theirs = await source.query({ metric, labels, interval })
          expect(numbersOf(theirs), metric).toEqual(about(own))
        }
      }),
      { numRuns: 20 },
    )
    await source.close?.()
  })

  it('have the names of the plane’s own, as far as Prometheus can know them', () => {
    const own = createMetricWindows({ clock: createFakeClock() }).metrics
    expect(own.filter((name) => !Object.hasOwn(modelspineMetrics(), name))).toEqual(['tokens.total'])
    expect(Object.keys(modelspineMetrics()).filter((name) => !own.includes(name))).toEqual([])
  })
})

/** What is covered is looked at elsewhere. Prometheus does not know how a request came to its revision. */
function numbersOf(reading: MetricReading): object {
  if (reading.kind === 'no-data' || (reading.kind === 'events' && reading.events === 0))
    return { kind: 'no-data' }
  const { covered: _, assigned: _assigned, retried: _retried, ...numbers } = reading
  return numbers
}

/** The same to eight digits: seconds become milliseconds again, and sums are differences of sums. */
function about(reading: MetricReading): object {
  return Object.fromEntries(
    Object.entries(numbersOf(reading)).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? expect.closeTo(value, 8 - Math.ceil(Math.log10(Math.abs(value) + 1)))
        : value,
    ]),
  )
}
