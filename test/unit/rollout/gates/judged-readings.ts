import fc from 'fast-check'
import type { MetricReading } from '../../../../src/telemetry/contract.ts'

/** A reading of a source, and of another one that saw other requests of the same revision. */
export type Data = Exclude<MetricReading, { kind: 'no-data' | 'value' }>

const covered = { fromMs: 0, toMs: 60_000 }
const count = fc.oneof(fc.nat(40), fc.nat(2000))

/** Readings of each kind that tests can use. */
export const readings: Readonly<Record<string, fc.Arbitrary<Data>>> = {
  ratio: fc
    .tuple(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([total, share]) => ({ kind: 'ratio', hits: Math.round(total * share), total, covered })),
  distribution: fc
    .tuple(
      fc.integer({ min: 64, max: 3000 }),
      fc.double({ min: 1, max: 4, noNaN: true }),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    )
    .map(([samples, mean, deviation]) => ({
      kind: 'distribution',
      count: samples,
      sum: samples * mean,
      sumSquares: samples * (mean * mean + deviation * deviation),
      covered,
    })),
  histogram: fc
    .tuple(count, count, count, fc.nat(40), fc.nat(2))
    .filter((counts) => counts.some((each) => each > 0))
    .map((counts) => ({ kind: 'histogram', quantile: 0.9, bounds: [1, 2, 3, 5], counts, covered })),
  events: fc
    .integer({ min: 0, max: 3000 })
    .map((events) => ({ kind: 'events', events, exposureMs: 600_000, covered })),
}

/** The same numbers with so many times the samples. */
export function timesAsMany(reading: Data, times: number): Data {
  switch (reading.kind) {
    case 'ratio':
      return { ...reading, hits: reading.hits * times, total: reading.total * times }
    case 'distribution': {
      const { count: samples, sum, sumSquares } = reading
      return { ...reading, count: samples * times, sum: sum * times, sumSquares: sumSquares * times }
    }
    case 'histogram':
      return { ...reading, counts: reading.counts.map((each) => each * times) }
    case 'events':
      return { ...reading, events: reading.events * times, exposureMs: reading.exposureMs * times }
  }
}
