import { describe, expect, it } from 'vitest'
import { judge, type Sample } from './samples.ts'

const flat = (place: number): Sample => ({
  minute: place / 6,
  heapMb: 30 + (place % 3),
  counts: { sockets: 180 + (place % 7) * 5, timers: 80, requests: 40, calls: 40 + (place % 2) },
})

const withCounts = (place: number, counts: Readonly<Record<string, number>>): Sample => ({
  ...flat(place),
  counts: { ...flat(place).counts, ...counts },
})

function broken(sampleAt: (place: number) => Sample, count = 60): readonly string[] {
  const samples = Array.from({ length: count }, (_, place) => sampleAt(place))
  return judge(samples)
    .filter(({ holds }) => !holds)
    .map(({ law }) => law)
}

describe('what must not grow during endurance', () => {
  it('may come and go', () => {
    expect(broken(flat)).toEqual([])
  })

  it('may grow while code is compiled and pools fill', () => {
    expect(
      broken((place) => (place < 12 ? { ...withCounts(place, { sockets: 20 }), heapMb: 10 } : flat(place))),
    ).toEqual([])
  })

  it.each([
    ['the heap grows by less than 4 MB', (place: number) => ({ ...flat(place), heapMb: 30 + place / 10 })],
    ['sockets stay flat', (place: number) => withCounts(place, { sockets: 100 + place * 3 })],
    ['timers stay flat', (place: number) => withCounts(place, { timers: place * 2 })],
    ['requests stay flat', (place: number) => withCounts(place, { requests: place })],
    ['calls stay flat', (place: number) => withCounts(place, { calls: place })],
  ])('breaks the law that %s when it grows', (law, grown) => {
    expect(broken(grown)).toEqual([law])
  })

  it('is not judged by too few samples', () => {
    expect(broken(flat, 3)).toEqual(['the run is long enough to be judged'])
  })
})
