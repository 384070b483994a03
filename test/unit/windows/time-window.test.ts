import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newCells } from '../../../src/windows/bucket.ts'
import { type Span, TimeWindow } from '../../../src/windows/time-window.ts'

const options = { bucketMs: 250, keepMs: 86_400_000, sums: 2, tallies: 3 }
const epoch = Date.UTC(2026, 0, 1)

/** The documented resolution of a bucket at a given age. */
const resolutionAt = (ageMs: number): number => Math.max(250, ageMs / 15)

function countIn(window: TimeWindow, span: Span, nowMs: number): number {
  const cells = newCells(options)
  window.read(span, nowMs, cells)
  return cells.sums[0] as number
}

function countAt(window: TimeWindow, atMs: number, amount = 1): void {
  window.moveTo(atMs)
  window.add(0, amount)
}

const eventAt = fc.oneof(
  fc.integer({ min: 0, max: 20_000 }),
  fc.integer({ min: 0, max: 600_000 }),
  fc.integer({ min: 0, max: 86_000_000 }),
)

describe('a window', () => {
  it('counts every event of a span but those of a bucket that the span cuts, and none from outside', () => {
    const span = fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.record({ atMs: eventAt, amount: fc.integer({ min: 1, max: 100 }) }), { maxLength: 300 }),
        fc.array(span, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (events, spans, inOrder) => {
          const window = new TimeWindow(options)
          const told = events.map((each) => ({ ...each, atMs: epoch + each.atMs }))
          if (inOrder) told.sort((left, right) => left.atMs - right.atMs)
          for (const { atMs, amount } of told) {
            window.moveTo(atMs)
            window.add(1, amount)
            window.tally(amount % 3)
          }
          const nowMs = Math.max(epoch, ...told.map(({ atMs }) => atMs)) + 1
          for (const [begin, length] of spans) {
            const fromMs = Math.ceil(nowMs - begin * (nowMs - epoch))
            const toMs = Math.ceil(fromMs + length * (nowMs - fromMs))
            const cells = newCells(options)
            window.read({ fromMs, toMs }, nowMs, cells)
            const between = (from: number, to: number) => told.filter(({ atMs }) => atMs >= from && atMs < to)
            const inside = between(fromMs, toMs)
            const ended = toMs >= nowMs ? toMs : toMs - resolutionAt(nowMs - toMs + 250)
            const surely = between(fromMs + resolutionAt(nowMs - fromMs), ended)
            const sum = (some: typeof told): number => some.reduce((total, { amount }) => total + amount, 0)
            expect(cells.sums[1]).toBeLessThanOrEqual(sum(inside))
            expect(cells.sums[1]).toBeGreaterThanOrEqual(sum(surely))
            const counted = cells.tallies.reduce((total, count) => total + count, 0)
            expect(counted).toBeLessThanOrEqual(inside.length)
            expect(counted).toBeGreaterThanOrEqual(surely.length)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('loses no count as buckets are joined', () => {
    const window = new TimeWindow(options)
    const lastMs = epoch + 20_000 * 250
    let tallied = 0
    for (let atMs = epoch; atMs < lastMs; atMs += 250) {
      countAt(window, atMs)
      window.tally(tallied % 3)
      tallied += 1
      if (tallied % 1000 === 0) expect(countIn(window, { fromMs: epoch, toMs: atMs }, atMs)).toBe(tallied)
    }
    const cells = newCells(options)
    window.read({ fromMs: epoch, toMs: lastMs }, lastMs, cells)
    expect([...cells.tallies]).toEqual([6667, 6667, 6666])
  })

  it('includes the newest bucket when the span reaches the present', () => {
    const window = new TimeWindow(options)
    countAt(window, epoch + 1010, 7)
    expect(countIn(window, { fromMs: epoch, toMs: epoch + 1010 }, epoch + 1010)).toBe(7)
    expect(countIn(window, { fromMs: epoch, toMs: epoch + 1010 }, epoch + 1011)).toBe(0)
  })

  it('counts an earlier event at the time of the event', () => {
    const window = new TimeWindow(options)
    countAt(window, epoch + 300_000)
    countAt(window, epoch + 1000, 10)
    expect(countIn(window, { fromMs: epoch, toMs: epoch + 16_000 }, epoch + 300_000)).toBe(10)
  })

  it('forgets events that are older than it keeps, and never counts them as newer events', () => {
    const window = new TimeWindow({ ...options, keepMs: 10_000 })
    countAt(window, epoch)
    for (let atMs = epoch + 60_000; atMs < epoch + 70_000; atMs += 250) countAt(window, atMs, 100)
    countAt(window, epoch)
    expect(countIn(window, { fromMs: epoch, toMs: epoch + 70_000 }, epoch + 70_000)).toBe(4000)
  })

  it('takes at most some 270 buckets for a day, and next to nothing for a quiet time', () => {
    const busy = new TimeWindow(options)
    for (let atMs = epoch; atMs < epoch + 90_000_000; atMs += 1000) countAt(busy, atMs)
    expect(busy.bytes).toBeLessThan(290 * 170)
    const quiet = new TimeWindow(options)
    for (let hour = 0; hour < 24; hour += 1) countAt(quiet, epoch + hour * 3_600_000)
    quiet.close()
    expect(quiet.bytes).toBeLessThan(25 * 170)
  })
})
