import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/clock.ts'
import { createFeedback } from '../../../src/feedback/create-feedback.ts'
import type { MetricReading } from '../../../src/telemetry/contract.ts'
import { createMetricWindows } from '../../../src/telemetry/metric-windows.ts'
import { requestCells } from '../../../src/telemetry/request-metrics.ts'
import { createFakeClock } from '../../../src/testing/index.ts'
import { SharedCounts } from '../../../src/windows/shared-counts.ts'
import { SteadyTime } from '../../../src/windows/steady-time.ts'
import { attemptRecord } from '../telemetry/attempt-records.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

/** A clock whose wall time can be set, as by NTP after a bad start. */
function settable(): { clock: Clock; set(aheadMs: number): void; pass(ms: number): Promise<void> } {
  const fake = createFakeClock()
  let aheadMs = 0
  return {
    clock: { ...fake, now: () => fake.now() + aheadMs, monotonic: () => fake.monotonic() },
    set(to) {
      aheadMs = to
    },
    pass: (ms) => fake.advance(ms),
  }
}

/** Windows that are told of an attempt a second. */
function windowsWith() {
  const { clock, set, pass } = settable()
  const windows = createMetricWindows({ clock })
  return {
    clock,
    async set(aheadMs: number): Promise<void> {
      set(aheadMs)
      await pass(500)
    },
    async attempts(count: number, code?: 'unavailable'): Promise<void> {
      for (let left = count; left > 0; left -= 1) {
        await pass(1000)
        const failure = code === undefined ? {} : ({ outcome: 'failed', code } as const)
        windows.attempted(attemptRecord({ endedAtMs: clock.now(), ...failure }))
      }
    },
    since: (fromMs: number, metric = 'requests.errors', toMs = clock.now()): MetricReading =>
      windows.query({
        metric,
        labels: { deployment: 'default/churn', revision: 'one' },
        interval: { fromMs, toMs },
      }),
  }
}

describe('windows whose wall clock was wrong', () => {
  it('lose neither the past nor what comes when it is ahead for a while', async () => {
    const { clock, set, attempts, since } = windowsWith()
    const beganMs = clock.now()
    await attempts(600)
    await set(6 * hourMs)
    await attempts(1200)
    expect(since(beganMs), 'an interval that began before the jump').toMatchObject({ hits: 0, total: 1800 })
    expect(since(clock.now() - 4500), 'the last seconds').toMatchObject({ hits: 0, total: 5 })
    await set(0)
    const correctedMs = clock.now()
    await attempts(600, 'unavailable')
    for (const seconds of [5, 10]) {
      expect(since(clock.now() - seconds * 1000 + 500)).toMatchObject({ hits: seconds, total: seconds })
    }
    const since10 = since(correctedMs) as { hits: number; total: number }
    expect(since10).toMatchObject({
      covered: { fromMs: correctedMs, toMs: clock.now() },
      total: since10.hits,
    })
    expect(since10.hits, 'a bucket that the interval cuts is left out').toBeGreaterThan(560)
    const before = since(beganMs, 'requests.errors', beganMs + 8 * minuteMs) as { total: number }
    expect(before.total, 'the past, in buckets that are wider').toBeGreaterThan(400)
    expect(since(beganMs)).toMatchObject({ hits: 600 })
  })

  it('begin right when the clock is corrected soon after the start', async () => {
    const { clock, set, attempts, since } = windowsWith()
    await set(-24 * 365 * hourMs)
    await attempts(10, 'unavailable')
    await set(0)
    const steppedMs = clock.now()
    await attempts(60)
    expect(since(steppedMs)).toMatchObject({ hits: 0, total: 60 })
    expect(since(clock.now() - 9500)).toMatchObject({ hits: 0, total: 10 })
  })

  it('never answer for what was before the interval, when a time comes twice or is skipped', async () => {
    const { clock, set, attempts, since } = windowsWith()
    await attempts(60, 'unavailable')
    await set(-30_000)
    const stepBeganMs = clock.now()
    await attempts(20)
    expect(since(stepBeganMs)).toMatchObject({ hits: 0, total: 20 })
    await set(hourMs)
    await attempts(20)
    expect(since(clock.now() - 30 * minuteMs), 'that time was skipped').toMatchObject({ hits: 0, total: 20 })
    expect(since(clock.now() - 30 * minuteMs, 'requests.perSecond')).toMatchObject({
      events: 20,
      exposureMs: 20_500,
    })
  })

  it('count what a signal tells of a request at the time of the request', async () => {
    const { clock, set, pass } = settable()
    const feedback = createFeedback({ clock })
    set(2 * hourMs)
    await pass(1000)
    const record = attemptRecord({ endedAtMs: clock.now(), requestId: 'a' })
    feedback.attempted(record)
    await pass(1000)
    set(0)
    await pass(5000)
    expect(feedback.record({ kind: 'rating', requestId: 'a', value: 5 }).outcome).toBe('joined')
    const read = (fromMs: number): MetricReading =>
      feedback.query({
        metric: 'ratings.mean',
        labels: { deployment: 'default/churn', revision: 'one' },
        interval: { fromMs, toMs: clock.now() },
      })
    expect(read(clock.now() - 6500)).toMatchObject({ count: 1 })
    expect(read(clock.now() - 5500)).toMatchObject({ kind: 'no-data' })
  })

  it('tell other processes when that was by the corrected clock, and notice that those are silent', async () => {
    const { clock, set, pass } = settable()
    const time = new SteadyTime(clock)
    const shared = new SharedCounts({
      ...requestCells,
      startedAtMs: clock.now(),
      keepMs: hourMs,
      maxBytes: 1 << 20,
      time,
    })
    const windows = createMetricWindows({ clock, shared })
    set(5 * hourMs)
    await pass(1000)
    windows.attempted(attemptRecord({ endedAtMs: clock.now() }))
    shared.readAt(clock.now())
    set(0)
    await pass(2000)
    windows.closeCounts()
    const { entries } = shared.outgoing.take(() => true)
    expect(entries.map(({ bucket }) => bucket.startMs)).toEqual([
      Math.floor((clock.now() - 2000) / 1000) * 1000,
    ])
    const query = () =>
      windows.query({
        metric: 'requests.total',
        labels: { deployment: 'default/churn' },
        interval: { fromMs: clock.now() - 5000, toMs: clock.now() },
      })
    expect(query()).toMatchObject({ value: 1 })
    await pass(10_000)
    expect(query).toThrow('was read last 12 s ago')
  })

  it('remember a bounded number of jumps', async () => {
    const { clock, set, pass } = settable()
    const time = new SteadyTime(clock)
    for (let jump = 1; jump <= 1000; jump += 1) {
      set((jump % 2) * hourMs)
      await pass(1000)
      time.now()
    }
    const nowMs = time.now()
    expect(time.at(clock.now())).toBe(nowMs)
    expect(time.at(clock.now() - 500)).toBe(nowMs - 500)
  })
})
