import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addReadings } from '../../../../src/telemetry/contract/add-readings.ts'
import { readingSamples } from '../../../../src/telemetry/contract/reading-samples.ts'
import type { HistogramReading, MetricReading } from '../../../../src/telemetry/contract.ts'
import { type MemorySample, memoryMetrics } from '../../../../src/telemetry/memory-metrics.ts'

const labels = { deployment: 'default/churn', revision: 'one' }
const covered = { fromMs: 0, toMs: 1000 }
const ratio = { kind: 'ratio', hits: 1, total: 4, covered } as const
const histogram = {
  kind: 'histogram',
  quantile: 0.5,
  bounds: [1, 2, 4],
  counts: [1, 2, 3, 4],
  covered,
} as const

const metrics = ['errors', 'means', 'p95', 'rate']
const readings = {
  p95: { kind: 'histogram', quantile: 0.95, bounds: [10, 20, 40] },
  rate: { kind: 'events' },
} as const

describe('readings of two sources', () => {
  it('add up to what one source would have answered', () => {
    const sample = fc.record({
      atMs: fc.integer({ min: 0, max: 1500 }),
      value: fc.integer({ min: 0, max: 60 }),
      isFirst: fc.boolean(),
      retried: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), fc.constantFrom(...metrics), (samples, metric) => {
        const [one, other, both] = [0, 1, 2].map(() => memoryMetrics({ metrics, readings }))
        for (const { atMs, value, isFirst, retried } of samples) {
          const added: MemorySample = {
            metric,
            labels,
            atMs,
            retried,
            value: metric === 'errors' ? value > 30 : value,
          }
          ;(isFirst ? one : other)?.add(added)
          both?.add(added)
        }
        const query = { metric, labels, interval: covered }
        const read = (source: typeof one): MetricReading => source?.query(query) ?? { kind: 'no-data' }
        const sum = addReadings(read(one), read(other))
        const { retried: _, ...all } = read(both) as HistogramReading
        expect(sum).toMatchObject(all)
        expect(readingSamples(sum)).toBe(samples.filter(({ atMs }) => atMs < 1000).length)
        expect(addReadings(read(other), read(one))).toEqual(sum)
      }),
    )
  })

  it('tell together only what both know', () => {
    const told = { ...ratio, assigned: 3, retried: 1, expected: 9, heard: 4 }
    expect(addReadings(told, told)).toEqual({
      ...{ kind: 'ratio', hits: 2, total: 8, covered },
      ...{ assigned: 6, retried: 2, expected: 18, heard: 8 },
    })
    expect(addReadings(told, { ...ratio, assigned: 0 })).toEqual({ ...ratio, hits: 2, total: 8, assigned: 3 })
  })

  it('count the requests of a source that has no sample of them', () => {
    const told = { ...ratio, assigned: 3, expected: 9, heard: 4 }
    const waiting = { kind: 'no-data', covered, assigned: 5, expected: 5, heard: 0 } as const
    expect(addReadings(told, waiting)).toEqual({ ...told, assigned: 8, expected: 14, heard: 4 })
    expect(addReadings(waiting, told)).toEqual({ ...told, assigned: 8, expected: 14, heard: 4 })
    expect(addReadings(waiting, waiting)).toEqual({ ...waiting, assigned: 10, expected: 10 })
    expect(addReadings(waiting, { kind: 'no-data' })).toEqual(waiting)
    expect(addReadings(ratio, waiting)).toEqual(ratio)
  })

  it('cover together what both cover', () => {
    const late = { fromMs: 600, toMs: 1600 }
    const common = { fromMs: 600, toMs: 1000 }
    expect(addReadings(ratio, { ...ratio, covered: late }).covered).toEqual(common)
    expect(addReadings(ratio, { kind: 'no-data', covered: late })).toEqual({ ...ratio, covered: common })
    expect(addReadings({ kind: 'no-data', covered: late }, ratio)).toEqual({ ...ratio, covered: common })
    expect(addReadings({ kind: 'no-data' }, ratio)).toEqual(ratio)
    expect(addReadings({ kind: 'no-data' }, { kind: 'no-data' })).toEqual({ kind: 'no-data' })
    const after = { ...ratio, covered: { fromMs: 2000, toMs: 3000 } }
    expect(addReadings(ratio, after).covered).toEqual({ fromMs: 2000, toMs: 2000 })
  })

  it('count events for the shorter time', () => {
    const events = { kind: 'events', events: 3, exposureMs: 900, covered } as const
    expect(addReadings(events, { ...events, exposureMs: 800 })).toEqual({
      ...events,
      events: 6,
      exposureMs: 800,
    })
  })

  it('keep the bounds that both histograms have', () => {
    const coarse = { ...histogram, bounds: [0.5, 2, 8], counts: [1, 1, 5, 2] }
    expect(addReadings(histogram, coarse)).toEqual({ ...histogram, bounds: [2], counts: [5, 14] })
    expect(addReadings(coarse, histogram)).toEqual({ ...histogram, bounds: [2], counts: [5, 14] })
  })

  it.each<[string, MetricReading, MetricReading]>([
    ['a ratio and a histogram', ratio, histogram],
    [
      'two readings of kind value',
      { kind: 'value', value: 1, covered },
      { kind: 'value', value: 1, covered },
    ],
    ['histograms of the quantiles 0.5 and 0.9', histogram, { ...histogram, quantile: 0.9 }],
    ['no bound in common', histogram, { ...histogram, bounds: [3], counts: [1, 1] }],
  ])('are refused when they cannot be added: %s', (message, one, other) => {
    expect(() => addReadings(one, other)).toThrow(message)
  })
})
