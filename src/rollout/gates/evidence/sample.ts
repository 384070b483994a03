import type { MetricReading } from '../../../telemetry/contract.ts'

/** How many of `total` samples are bad. */
export interface Proportion {
  readonly bad: number
  readonly total: number
}

/** Sums of single values. */
export interface Moments {
  readonly count: number
  readonly sum: number
  readonly sumSquares: number
}

/** How many values lie between which bounds: `counts[i]` above `bounds[i - 1]` and up to `bounds[i]`. */
export interface CellCounts {
  readonly quantile: number
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
}

/** How often something happened within so many milliseconds. */
export interface Events {
  readonly events: number
  readonly exposureMs: number
}

/** What was measured, turned so that less is better. */
export type Sample =
  | ({ readonly kind: 'proportion' } & Proportion)
  | ({ readonly kind: 'moments' } & Moments)
  | ({ readonly kind: 'cells' } & CellCounts)
  | ({ readonly kind: 'events' } & Events)

/** Turns a reading. Undefined when it tells no more than a number, which no test can use. */
export function sampleOf(reading: MetricReading, better: 'higher' | 'lower'): Sample | undefined {
  const lower = better === 'lower'
  switch (reading.kind) {
    case 'ratio': {
      const { hits, total } = reading
      return { kind: 'proportion', bad: lower ? hits : total - hits, total }
    }
    case 'distribution': {
      const { count, sum, sumSquares } = reading
      return { kind: 'moments', count, sum: lower ? sum : -sum, sumSquares }
    }
    case 'histogram': {
      const { quantile, bounds, counts } = reading
      if (lower) return { kind: 'cells', quantile, bounds, counts }
      // Turned, its open end would be taken to end at 0.
      if ((bounds.at(-1) as number) < 0) return undefined
      const turned = bounds.map((bound) => 0 - bound).reverse()
      const turnedCounts = [...counts].reverse()
      // A first cell that begins at 0 ends there when it is turned.
      const hasEnd = (bounds[0] as number) > 0
      return {
        kind: 'cells',
        quantile: 1 - quantile,
        bounds: hasEnd ? [...turned, 0] : turned,
        counts: hasEnd ? [...turnedCounts, 0] : turnedCounts,
      }
    }
    case 'events':
      // More events within a time are better only where each of them is good, and then there is no bad one to count.
      return lower ? { kind: 'events', events: reading.events, exposureMs: reading.exposureMs } : undefined
    default:
      return undefined
  }
}

/** What the same numbers would be with so many times the samples. */
export function scaled(sample: Sample, times: number): Sample {
  switch (sample.kind) {
    case 'proportion':
      return { ...sample, bad: sample.bad * times, total: sample.total * times }
    case 'moments':
      return {
        ...sample,
        count: sample.count * times,
        sum: sample.sum * times,
        sumSquares: sample.sumSquares * times,
      }
    case 'cells':
      return { ...sample, counts: sample.counts.map((count) => count * times) }
    case 'events':
      return { ...sample, events: sample.events * times, exposureMs: sample.exposureMs * times }
  }
}
