import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeWindow, windowLayout } from '../../../src/windows/time-window.ts'

const layout = windowLayout(250, 86_400_000)
const epoch = Date.UTC(2026, 0, 1)

/** The documented resolution of a bucket at a given age. */
const resolutionAt = (ageMs: number): number => Math.max(250, ageMs / 15)

describe('a window', () => {
  it('equals a naive recount of the span that it reports, for any events and intervals', () => {
    const event = fc.record({
      atMs: fc.oneof(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        fc.integer({ min: 0, max: 90_000_000 }),
      ),
      amount: fc.integer({ min: 1, max: 100 }),
    })
    const interval = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 300 }),
        fc.array(interval, { minLength: 1, maxLength: 8 }),
        (events, intervals) => {
          const window = new TimeWindow(layout, { sums: 2, tallies: 1 })
          const ordered = events
            .map((each) => ({ ...each, atMs: epoch + each.atMs }))
            .sort((left, right) => left.atMs - right.atMs)
          for (const { atMs, amount } of ordered) {
            window.moveTo(atMs)
            window.add(1, amount)
            window.tally(0)
          }
          const nowMs = (ordered.at(-1)?.atMs ?? epoch) + 1
          for (const [begin, length] of intervals) {
            const reach = Math.min(nowMs - epoch, 86_400_000)
            const fromMs = Math.ceil(nowMs - begin * reach)
            const toMs = Math.ceil(fromMs + length * (nowMs - fromMs))
            const sums = new Float64Array(2)
            const tallies = new Uint32Array(1)
            const read = window.read({ fromMs, toMs }, nowMs, sums, tallies)
            const inside = ordered.filter(({ atMs }) => atMs >= read.fromMs && atMs < read.toMs)
            expect(tallies[0]).toBe(inside.length)
            expect(sums[1]).toBe(inside.reduce((sum, { amount }) => sum + amount, 0))
            expect(read.fromMs).toBeGreaterThanOrEqual(fromMs)
            expect(read.toMs).toBeLessThanOrEqual(Math.max(toMs, fromMs))
            if (read.toMs === read.fromMs) {
              expect(toMs - fromMs).toBeLessThan(2 * resolutionAt(nowMs - fromMs))
            } else {
              expect(read.fromMs - fromMs).toBeLessThan(resolutionAt(nowMs - fromMs))
              expect(toMs - read.toMs).toBeLessThan(resolutionAt(nowMs - fromMs))
            }
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('equals a naive recount when every bucket is full, at the edge of each ring and beyond', () => {
    const window = new TimeWindow(layout, { sums: 1, tallies: 0 })
    const lastMs = epoch + 20_000 * 250
    for (let atMs = epoch; atMs < lastMs; atMs += 250) {
      window.moveTo(atMs)
      window.add(0, 1)
    }
    const age = fc.oneof(
      fc.integer({ min: 31_000, max: 33_000 }),
      fc.integer({ min: 250_000, max: 260_000 }),
      fc.integer({ min: 2_000_000, max: 2_100_000 }),
      fc.integer({ min: 0, max: 4_900_000 }),
    )
    fc.assert(
      fc.property(age, age, fc.nat(999), (one, other, later) => {
        const nowMs = lastMs + later
        const span = { fromMs: nowMs - Math.max(one, other), toMs: nowMs - Math.min(one, other) }
        const sums = new Float64Array(1)
        const read = window.read(span, nowMs, sums, new Uint32Array(0))
        const until = Math.min(read.toMs, lastMs)
        expect(sums[0]).toBe(Math.max(0, Math.ceil((until - read.fromMs) / 250)))
        expect(read.fromMs).toBeGreaterThanOrEqual(span.fromMs)
        expect(read.toMs).toBeLessThanOrEqual(span.toMs)
      }),
      { numRuns: 500 },
    )
  })

  it('includes the newest bucket when the span reaches the present', () => {
    const window = new TimeWindow(layout, { sums: 1, tallies: 0 })
    window.moveTo(epoch + 1010)
    window.add(0, 7)
    const sums = new Float64Array(1)
    window.read({ fromMs: epoch, toMs: epoch + 1010 }, epoch + 1010, sums, new Uint32Array(0))
    expect(sums[0]).toBe(7)
  })

  it('counts an earlier event at the time of the event', () => {
    const window = new TimeWindow(layout, { sums: 1, tallies: 0 })
    window.moveTo(epoch + 300_000)
    window.add(0, 1)
    window.moveTo(epoch + 1000)
    window.add(0, 10)
    const sums = new Float64Array(1)
    window.read({ fromMs: epoch, toMs: epoch + 16_000 }, epoch + 300_000, sums, new Uint32Array(0))
    expect(sums[0]).toBe(10)
  })

  it('forgets events that are older than it keeps, and never counts them as newer events', () => {
    const window = new TimeWindow(windowLayout(250, 10_000), { sums: 1, tallies: 0 })
    window.moveTo(epoch)
    window.add(0, 1)
    for (let atMs = epoch + 60_000; atMs < epoch + 70_000; atMs += 250) {
      window.moveTo(atMs)
      window.add(0, 100)
    }
    window.moveTo(epoch)
    window.add(0, 1)
    const sums = new Float64Array(1)
    window.read({ fromMs: epoch, toMs: epoch + 70_000 }, epoch + 70_000, sums, new Uint32Array(0))
    expect(sums[0]).toBe(4000)
  })

  it('needs only a few slots for its whole length', () => {
    const { levels } = layout
    const coarsest = levels.at(-1)
    expect(((coarsest?.slots ?? 0) - 1) * (coarsest?.widthMs ?? 0)).toBeGreaterThanOrEqual(86_400_000)
    expect(levels.reduce((sum, { slots }) => sum + slots, 0)).toBeLessThan(700)
  })
})
