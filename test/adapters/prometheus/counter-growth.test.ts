import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterGrowth, targetsInDoubt } from '../../../adapters/prometheus/counter-growth.ts'
import type { RangeSeries } from '../../../adapters/prometheus/prometheus-api.ts'

const options = { interval: { fromMs: 10_000, toMs: 20_000 }, scrapeMs: 1000 }
const target = { job: 'gateway', instance: 'one' }

/** Samples a second apart. Undefined where a scrape had none. */
function series(
  labels: Readonly<Record<string, string>>,
  firstMs: number,
  ...values: readonly (number | undefined)[]
): RangeSeries {
  const points = values.flatMap((value, place) =>
    value === undefined ? [] : [{ atMs: firstMs + place * 1000, value }],
  )
  return { labels, points }
}

const counter = (firstMs: number, ...values: readonly (number | undefined)[]): RangeSeries =>
  series({ ...target, __name__: 'x_total' }, firstMs, ...values)
const up = (firstMs: number, ...values: readonly (number | undefined)[]): RangeSeries =>
  series({ ...target, __name__: 'up' }, firstMs, ...values)
const regular = [5, 6, 6, 9, 9, 9, 9, 9, 9, 9]

describe('the growth of a counter', () => {
  it('is what it grew by between its first and its last sample in the interval', () => {
    const before = [1, 2, 3, 4]
    const growth = counterGrowth([[counter(6500, ...before, ...regular, 50)]], [], options)
    expect(growth).toEqual({ sums: [4], covered: options.interval })
  })

  it('counts samples at both ends of the interval, and none beyond', () => {
    const growth = counterGrowth([[counter(9000, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 7, 90)]], [], options)
    expect(growth?.sums).toEqual([4])
  })

  it('is undefined without a sample in the interval', () => {
    expect(counterGrowth([[]], [], options)).toBeUndefined()
    expect(counterGrowth([[counter(1000, 1, 2, 3)]], [], options)).toBeUndefined()
    expect(counterGrowth([[counter(12_000, Number.NaN)]], [], options)).toBeUndefined()
  })

  it('goes on when the counter begins again lower', () => {
    const growth = counterGrowth([[counter(10_500, 5, 6, 2, 3, 3, 3, 3, 3, 3, 3)]], [], options)
    expect(growth?.sums).toEqual([4])
  })

  it('of a sum begins again with its count, although the sum is higher than before', () => {
    const labels = { ...target, code: 'a' }
    const count = series({ ...labels, __name__: 'x_count' }, 10_500, 5, 6, 2, 3, 3, 3, 3, 3, 3, 3)
    const sum = series({ ...labels, __name__: 'x_sum' }, 10_500, 1, 2, 7, 8, 8, 8, 8, 8, 8, 8)
    expect(counterGrowth([[count], [sum]], [], options)?.sums).toEqual([4, 9])
    expect(counterGrowth([[sum]], [], options)?.sums).toEqual([7])
  })

  it('adds up all series of a list', () => {
    const other = series({ ...target, instance: 'two' }, 10_200, ...regular)
    expect(counterGrowth([[counter(10_500, ...regular), other], []], [], options)?.sums).toEqual([8, 0])
  })

  describe('that is new', () => {
    const late = counter(14_500, 30, 31, 31, 31, 31, 31)

    it('includes its first value, when its process was scraped without it', () => {
      const growth = counterGrowth([[late]], [up(10_500, 1, 1, 1, 1, 1, 1)], options)
      expect(growth).toEqual({ sums: [31], covered: options.interval })
    })

    it('includes its first value, when the process showed another counter before', () => {
      const other = series({ ...target, code: 'b' }, 10_500, ...regular)
      expect(targetsInDoubt([[late, other]], options)).toEqual([])
      expect(counterGrowth([[late, other]], [], options)?.sums).toEqual([35])
      // The other list counts as well: errors and all requests are asked for apart.
      expect(counterGrowth([[late], [other]], [], options)?.sums).toEqual([31, 4])
    })

    it.each([
      ['nobody knows when its process was scraped', []],
      ['its process was not scraped before', [up(14_500, 1, 1)]],
      ['scrapes of its process failed before', [up(10_500, 0, 0, 0, 0, 1)]],
      ['another process was scraped before', [series({ ...target, instance: 'two' }, 10_500, 1, 1)]],
      ['its process was scraped only before the interval', [up(9500, 1, undefined, undefined)]],
    ])('covers only the time since, when %s', (_why, scrapes) => {
      const growth = counterGrowth([[late]], scrapes, options)
      const beganMs = scrapes.some(({ labels }) => labels.instance === 'two') ? 10_000 : 14_500
      expect(growth).toEqual({ sums: [1], covered: { fromMs: beganMs, toMs: 20_000 } })
    })

    it('does not shorten the time of others: a process may begin at any time', () => {
      const other = series({ ...target, instance: 'two' }, 10_500, ...regular)
      const growth = counterGrowth([[late, other]], [], options)
      expect(growth).toEqual({ sums: [5], covered: options.interval })
    })

    it('needs no labels of a process to be told from the others', () => {
      const total = series({ code: 'ok' }, 10_500, ...regular)
      const errors = series({ code: 'bad' }, 14_500, 30, 31, 31, 31, 31, 31)
      expect(counterGrowth([[errors], [total]], [], options)?.sums).toEqual([31, 4])
    })
  })

  describe('with a gap', () => {
    const paused = counter(10_500, 5, 6, undefined, undefined, 8, 8, 8, 8, 8, 8)

    it('includes what was counted meanwhile, when scrapes failed', () => {
      expect(counterGrowth([[paused]], [up(10_500, 1, 1, 0, 0, 1)], options)?.sums).toEqual([3])
      expect(counterGrowth([[paused]], [], options)?.sums).toEqual([3])
    })

    it('begins again, when its process was scraped without it', () => {
      const growth = counterGrowth([[paused]], [up(10_500, 1, 1, 0, 1, 1)], options)
      expect(growth?.sums).toEqual([9])
    })
  })

  it('covers the time from the first scrape on, when the source has nothing earlier', () => {
    const growth = counterGrowth([[counter(16_500, 5, 6, 7, 7)]], [up(13_500, 1, 1, 1, 1)], options)
    expect(growth).toEqual({ sums: [7], covered: { fromMs: 13_500, toMs: 20_000 } })
  })

  it('covers the time until the last scrape, when nothing came later', () => {
    const growth = counterGrowth([[counter(10_500, 5, 6, 7)]], [], options)
    expect(growth).toEqual({ sums: [2], covered: { fromMs: 10_000, toMs: 12_500 } })
    expect(counterGrowth([[counter(10_500, 5, 6, 7, 7, 7, 7, 7, 7)]], [], options)?.covered.toMs).toBe(17_500)
    expect(counterGrowth([[counter(10_500, 5, 6, 7, 7, 7, 7, 7, 7, 7)]], [], options)?.covered.toMs).toBe(
      20_000,
    )
  })

  it('is never more than what was counted in the interval, and all between its scrapes', () => {
    const event = fc.record({ atMs: fc.integer({ min: 0, max: 29_999 }), code: fc.constantFrom('ok', 'bad') })
    const world = fc.record({
      events: fc.array(event, { maxLength: 60 }),
      restarts: fc.array(fc.integer({ min: 0, max: 29_999 }), { maxLength: 3 }),
      phaseMs: fc.integer({ min: 0, max: 999 }),
      failed: fc.array(fc.integer({ min: 0, max: 29 }), { maxLength: 5 }),
    })
    fc.assert(
      fc.property(world, ({ events, restarts, phaseMs, failed }) => {
        const scrapes = Array.from({ length: 30 }, (_, place) => place).map((place) => ({
          atMs: place * 1000 + phaseMs,
          isUp: !failed.includes(place),
        }))
        const codes = ['ok', 'bad'] as const
        const valueAt = (atMs: number, code: string): number => {
          const startedMs = Math.max(0, ...restarts.filter((each) => each <= atMs))
          return events.filter((each) => each.code === code && each.atMs >= startedMs && each.atMs < atMs)
            .length
        }
        const lists = codes.map((code) => [
          {
            labels: { ...target, code },
            points: scrapes
              .filter(({ isUp }) => isUp)
              .map(({ atMs }) => ({ atMs, value: valueAt(atMs, code) }))
              .filter(({ value }) => value > 0),
          },
        ])
        const ups = scrapes.map(({ atMs, isUp }) => ({ atMs, value: isUp ? 1 : 0 }))
        const targets = targetsInDoubt(lists, options)
        expect([[], [target]]).toContainEqual(targets)
        const seen = targets.length === 0 ? [] : [{ labels: target, points: ups }]
        const growth = counterGrowth(lists, seen, options)
        const inside = scrapes.filter(({ atMs, isUp }) => isUp && atMs >= 10_000 && atMs <= 20_000)
        for (const [place, code] of codes.entries()) {
          const own = events.filter((each) => each.code === code)
          const most = own.filter(({ atMs }) => atMs >= 10_000 && atMs < 20_000).length
          const sum = growth?.sums[place] ?? 0
          expect(sum).toBeLessThanOrEqual(most)
          // What a process counted between its last scrape and its end, nobody knows.
          if (restarts.length > 0) continue
          const [first, last] = [inside[0]?.atMs ?? 0, inside.at(-1)?.atMs ?? 0]
          const surely = own.filter(({ atMs }) => atMs >= first && atMs < last).length
          expect(sum).toBe(growth === undefined ? 0 : surely)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
