import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../../../src/adapter.ts'
import { createMeasurementExchange } from '../../../../src/plane/wiring/measurement-exchange.ts'
import type { Measurements } from '../../../../src/store/contract.ts'
import { memoryStore } from '../../../../src/store/memory-store.ts'
import { createFakeClock, type FakeClock } from '../../../../src/testing/fake-clock.ts'
import { SeriesSet } from '../../../../src/windows/series-set.ts'
import { SharedCounts } from '../../../../src/windows/shared-counts.ts'
import { SteadyTime } from '../../../../src/windows/steady-time.ts'

const bounds = { sums: 1, tallies: 2, keepMs: 3_600_000, maxBytes: 1_000_000 }

/** A process that counts one series and shares it. */
function member(clock: FakeClock, measurements: Measurements) {
  const startedAtMs = clock.now()
  const shared = new SharedCounts({ ...bounds, startedAtMs, time: new SteadyTime(clock) })
  const own = new SeriesSet({
    ...bounds,
    startedAtMs,
    bucketMs: 250,
    counted: (...told) => shared.outgoing.add(...told),
  })
  const ending = new AbortController()
  const exchange = createMeasurementExchange({
    measurements,
    sorts: { requests: shared },
    closeCounts: () => own.closeAll(),
    clock,
    logger: silentLogger,
  })
  void exchange.follow(ending.signal)
  return {
    stop: () => ending.abort(),
    count(cell = 0): void {
      const window = own.at('default/digits', 'one', clock.now())
      window.add(0, 1)
      window.tally(cell)
    },
    read(fromMs = startedAtMs, toMs = clock.now() - 3000) {
      const counted = own.read('default/digits', 'one', { fromMs, toMs }, clock.now())
      const { sums, tallies, covered } = shared.addTo(
        counted,
        'default/digits',
        'one',
        { fromMs, toMs },
        clock.now(),
      )
      return { sum: sums[0], tallies: [...tallies], covered }
    },
  }
}

function scene() {
  const clock = createFakeClock()
  const store = memoryStore({ clock })
  return { clock, measurements: store.measurements as Measurements }
}

describe('what processes tell each other of their measurements', () => {
  it('is added up, each count once, sums and histogram cells alike', async () => {
    const { clock, measurements } = scene()
    const [one, two, three] = [0, 1, 2].map(() => member(clock, measurements))
    for (let count = 0; count < 100; count += 1) {
      one?.count(0)
      two?.count(1)
      if (count % 2 === 0) three?.count(1)
      await clock.advance(100)
    }
    await clock.advance(4000)
    for (const each of [one, two, three]) {
      expect(each?.read()).toMatchObject({ sum: 250, tallies: [100, 150] })
    }
  })

  it('is told again when the answer of a write was lost, and counted once', async () => {
    const { clock, measurements } = scene()
    let lost = 0
    const failing: Measurements = {
      ...measurements,
      async put(...told) {
        await measurements.put(...told)
        lost += 1
        if (lost % 2 === 1) throw new Error('the answer was lost')
      },
    }
    const [one, two] = [member(clock, measurements), member(clock, failing)]
    for (let count = 0; count < 100; count += 1) {
      two.count()
      await clock.advance(100)
    }
    await clock.advance(6000)
    expect(one.read().sum).toBe(100)
    expect(lost).toBeGreaterThan(10)
  })

  it('is counted once although a store gives it again and again', async () => {
    const { clock, measurements } = scene()
    const repeating: Measurements = {
      ...measurements,
      read: (_, limit) => measurements.read(undefined, limit),
    }
    const [one, two] = [member(clock, repeating), member(clock, measurements)]
    for (let count = 0; count < 100; count += 1) {
      two.count()
      await clock.advance(100)
    }
    await clock.advance(4000)
    expect(one.read().sum).toBe(100)
  })

  it('counts no second that an interval cuts', async () => {
    const { clock, measurements } = scene()
    const [one, two] = [member(clock, measurements), member(clock, measurements)]
    const startMs = clock.now()
    for (let count = 0; count < 50; count += 1) {
      two.count()
      await clock.advance(100)
    }
    await clock.advance(5000)
    expect(one.read(startMs + 1000, startMs + 3000).sum).toBe(20)
    expect(one.read(startMs + 900, startMs + 3100).sum).toBe(20)
    expect(one.read(startMs + 1100, startMs + 2900).sum).toBe(0)
  })

  it('is answered with an error when it was not read for long, and not with half the numbers', async () => {
    const { clock, measurements } = scene()
    let down = false
    const away: Measurements = {
      ...measurements,
      read: async (...asked) => {
        if (down) throw new Error('away')
        return measurements.read(...asked)
      },
    }
    const one = member(clock, away)
    await clock.advance(10_000)
    expect(one.read().sum).toBe(0)
    down = true
    await clock.advance(20_000)
    expect(() => one.read()).toThrow('what other processes measured was read last')
    down = false
    await clock.advance(2000)
    expect(one.read().sum).toBe(0)
  })

  it('says from when it is complete after measurements were lost', async () => {
    const { clock, measurements } = scene()
    let down = true
    const away: Measurements = {
      ...measurements,
      read: async (...asked) => {
        if (down) throw new Error('away')
        return measurements.read(...asked)
      },
    }
    const [one, two] = [member(clock, away), member(clock, measurements)]
    const startMs = clock.now()
    for (let second = 0; second < 90; second += 1) {
      two.count()
      await clock.advance(1000)
    }
    down = false
    await clock.advance(5000)
    const { covered } = one.read()
    expect(covered.fromMs).toBeGreaterThan(startMs + 88_000)
    expect(member(clock, measurements).read(clock.now(), clock.now()).covered.fromMs).toBe(clock.now())
  })

  it('ignores what is not a measurement of this form, and what is from a time to come', async () => {
    const { clock, measurements } = scene()
    const one = member(clock, measurements)
    const rowAt = (startMs: number) => ['default/digits', 'one', startMs, [1], []]
    const bodies = [
      'not json',
      '7',
      '{"requests":{"rows":7}}',
      '{"others":{"rows":[]}}',
      JSON.stringify({
        requests: { rows: [['x'], rowAt(clock.now()), rowAt(clock.now() + 60_000)], lostUntilMs: 0 },
      }),
    ]
    for (const [place, body] of bodies.entries()) {
      await measurements.put({ writer: `w${place}`, sequence: 1, body }, 60_000)
    }
    await clock.advance(70_000)
    expect(one.read().sum).toBe(1)
  })
})
