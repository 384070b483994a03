import { describe, expect, it } from 'vitest'
import { isModelspineError } from '../../../src/errors.ts'
import { SeriesSet } from '../../../src/windows/series-set.ts'

const epoch = Date.UTC(2026, 0, 1)
const defaults = { sums: 1, tallies: 0, startedAtMs: epoch, bucketMs: 250, keepMs: 3_600_000, maxSeries: 2 }

function countedIn(series: SeriesSet, name: string | undefined, fromMs: number, nowMs: number) {
  const { sums, covered } = series.read('group', name, { fromMs, toMs: nowMs }, nowMs)
  return { count: sums[0], fromMs: covered.fromMs }
}

describe('a set of series', () => {
  it('evicts the least recently counted series, and counts the eviction', () => {
    const series = new SeriesSet(defaults)
    series.at('group', 'one', epoch + 1000).add(0, 1)
    series.at('group', 'two', epoch + 2000).add(0, 1)
    series.at('group', 'one', epoch + 3000).add(0, 1)
    series.at('group', 'three', epoch + 4000).add(0, 1)
    expect(series.size).toBe(2)
    expect(series.evicted).toBe(1)
    expect(countedIn(series, 'one', epoch, epoch + 5000)).toEqual({ count: 2, fromMs: epoch })
    expect(countedIn(series, 'two', epoch, epoch + 5000).count).toBe(0)
  })

  it('says that a series which came back is complete only since its eviction', () => {
    const series = new SeriesSet(defaults)
    series.at('group', 'two', epoch + 2000).add(0, 1)
    series.at('group', 'one', epoch + 3000).add(0, 1)
    series.at('group', 'three', epoch + 4000).add(0, 1)
    expect(countedIn(series, 'two', epoch, epoch + 9000)).toEqual({ count: 0, fromMs: epoch + 2001 })
    series.at('group', 'two', epoch + 8000).add(0, 1)
    expect(countedIn(series, 'two', epoch, epoch + 9000)).toEqual({ count: 1, fromMs: epoch + 3001 })
    expect(countedIn(series, 'two', epoch + 5000, epoch + 9000)).toEqual({ count: 1, fromMs: epoch + 5000 })
  })

  it('covers no time before it began, and no time that it no longer keeps', () => {
    const series = new SeriesSet(defaults)
    expect(countedIn(series, 'one', epoch - 5000, epoch + 1000).fromMs).toBe(epoch)
    const late = epoch + 10 * 3_600_000
    expect(countedIn(series, 'one', epoch, late).fromMs).toBe(late - 3_600_000)
  })

  it('gives its own beginning when the interval ends before it', () => {
    const series = new SeriesSet(defaults)
    const { covered } = series.read(
      'group',
      'one',
      { fromMs: epoch - 5000, toMs: epoch - 1000 },
      epoch + 60_000,
    )
    expect(covered).toEqual({ fromMs: epoch, toMs: epoch })
  })

  it('adds up all series of a group when no name is given', () => {
    const series = new SeriesSet(defaults)
    series.at('group', 'one', epoch + 1000).add(0, 1)
    series.at('group', 'two', epoch + 1000).add(0, 10)
    expect(countedIn(series, undefined, epoch, epoch + 2000).count).toBe(11)
  })

  it.each(['bucketMs', 'keepMs', 'maxSeries'])(
    'refuses a %s that is not a whole number above 0',
    (option) => {
      for (const value of [0, -1, 1.5, Number.NaN]) {
        const create = (): SeriesSet => new SeriesSet({ ...defaults, [option]: value })
        expect(create).toThrow(`${option} is ${value}: give a whole number above 0`)
        try {
          create()
        } catch (error) {
          expect(isModelspineError(error, 'invalid-options')).toBe(true)
        }
      }
    },
  )
})
