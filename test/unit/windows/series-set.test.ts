import { describe, expect, it } from 'vitest'
import { isModelspineError } from '../../../src/errors.ts'
import type { Bucket } from '../../../src/windows/bucket.ts'
import { SeriesSet } from '../../../src/windows/series-set.ts'

const epoch = Date.UTC(2026, 0, 1)
const defaults = {
  sums: 1,
  tallies: 0,
  startedAtMs: epoch,
  bucketMs: 250,
  keepMs: 3_600_000,
  maxBytes: 10_000_000,
}

function countedIn(series: SeriesSet, name: string | undefined, fromMs: number, nowMs: number) {
  const { sums, covered } = series.read('group', name, { fromMs, toMs: nowMs }, nowMs)
  return { count: sums[0], fromMs: covered.fromMs }
}

describe('a set of series', () => {
  it('drops no series for another one, and covers every one of thousands', () => {
    const series = new SeriesSet(defaults)
    for (let round = 0; round < 3; round += 1) {
      for (let place = 0; place < 5000; place += 1) {
        series.at('group', `r${place}`, epoch + round * 1000).add(0, 1)
      }
    }
    expect(series.size).toBe(5000)
    expect(series.forgotten).toBe(0)
    expect(countedIn(series, 'r0', epoch, epoch + 3000)).toEqual({ count: 3, fromMs: epoch })
    expect(countedIn(series, 'r4999', epoch, epoch + 3000)).toEqual({ count: 3, fromMs: epoch })
  })

  it('forgets the oldest numbers of all when the memory is used up, and says so', () => {
    const series = new SeriesSet({ ...defaults, maxBytes: 400_000 })
    const lastMs = epoch + 600_000
    for (let atMs = epoch; atMs <= lastMs; atMs += 1000) {
      for (let place = 0; place < 100; place += 1) series.at('group', `r${place}`, atMs).add(0, 1)
    }
    expect(series.forgotten).toBeGreaterThan(0)
    // Within one bucket it may be over the limit.
    expect(series.bytes).toBeLessThan(450_000)
    expect(series.size).toBe(100)
    const { count, fromMs } = countedIn(series, 'r7', epoch, lastMs)
    expect(fromMs).toBeGreaterThan(epoch)
    expect(fromMs).toBeLessThan(lastMs - 2000)
    // What it covers is complete, to within a bucket at the begin.
    const inside = (lastMs - fromMs) / 1000
    expect(count).toBeGreaterThanOrEqual(Math.floor(inside * (14 / 16)))
    expect(count).toBeLessThanOrEqual(inside + 1)
    expect(countedIn(series, 'r8', epoch, lastMs)).toEqual({ count, fromMs })
  })

  it('lets go of a series that counts no more', () => {
    const series = new SeriesSet(defaults)
    series.at('group', 'old', epoch).add(0, 1)
    for (let atMs = epoch; atMs < epoch + 2 * 3_600_000; atMs += 60_000) {
      series.at('group', 'new', atMs).add(0, 1)
    }
    expect(series.size).toBe(1)
  })

  it('covers no time before it began, and no time that it no longer keeps', () => {
    const series = new SeriesSet(defaults)
    expect(countedIn(series, 'one', epoch - 5000, epoch + 1000).fromMs).toBe(epoch)
    const late = epoch + 10 * 3_600_000
    expect(countedIn(series, 'one', epoch, late).fromMs).toBe(late - 3_600_000)
  })

  it('gives its own beginning when the interval ends before it', () => {
    const series = new SeriesSet(defaults)
    const span = { fromMs: epoch - 5000, toMs: epoch - 1000 }
    expect(series.read('group', 'one', span, epoch + 60_000).covered).toEqual({ fromMs: epoch, toMs: epoch })
  })

  it('adds up all series of a group when no name is given', () => {
    const series = new SeriesSet(defaults)
    series.at('group', 'one', epoch + 1000).add(0, 1)
    series.at('group', 'two', epoch + 1000).add(0, 10)
    expect(countedIn(series, undefined, epoch, epoch + 2000).count).toBe(11)
  })

  it('tells each count once, however often it is read', () => {
    const told: (readonly [string, string, Bucket])[] = []
    const counted = (...all: readonly [string, string, Bucket]): void => void told.push(all)
    const series = new SeriesSet({ ...defaults, counted })
    for (let atMs = epoch; atMs < epoch + 10_000; atMs += 100) {
      series.at('group', atMs % 300 === 0 ? 'one' : 'two', atMs).add(0, 1)
      if (atMs % 700 === 0) countedIn(series, 'one', epoch, atMs)
    }
    series.closeAll()
    series.closeAll()
    const sum = (name: string): number =>
      told.filter(([, each]) => each === name).reduce((total, [, , { sums }]) => total + (sums[0] ?? 0), 0)
    expect([sum('one'), sum('two')]).toEqual([34, 66])
    expect(told.every(([group, , { widthMs }]) => group === 'group' && widthMs === 250)).toBe(true)
  })

  it.each(['bucketMs', 'keepMs', 'maxBytes'])('refuses a %s that is not a whole number above 0', (option) => {
    for (const value of [0, -1, 1.5, Number.NaN]) {
      const create = (): SeriesSet => new SeriesSet({ ...defaults, [option]: value })
      expect(create).toThrow(`${option} is ${value}: give a whole number above 0`)
      try {
        create()
      } catch (error) {
        expect(isModelspineError(error, 'invalid-options')).toBe(true)
      }
    }
  })
})
