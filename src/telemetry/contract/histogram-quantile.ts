import type { HistogramReading } from './metric-reading.ts'

/**
 * The value below which this share of all samples lies, as `histogram_quantile()` of PromQL computes it: samples are
 * spread evenly within their cell, the first cell begins at 0 unless its bound is below, and samples above all bounds
 * lie at the last one. NaN without samples.
 */
export function histogramQuantile({
  quantile,
  bounds,
  counts,
}: Pick<HistogramReading, 'quantile' | 'bounds' | 'counts'>): number {
  const rank = quantile * sumOf(counts)
  let below = 0
  for (let cell = 0; cell < bounds.length; cell += 1) {
    const count = counts[cell] as number
    const bound = bounds[cell] as number
    if (count > 0 && below + count >= rank) {
      const begin = cell === 0 ? Math.min(0, bound) : (bounds[cell - 1] as number)
      return begin + ((bound - begin) * (rank - below)) / count
    }
    below += count
  }
  return rank > 0 ? (bounds.at(-1) as number) : Number.NaN
}

function sumOf(counts: readonly number[]): number {
  let sum = 0
  for (const count of counts) sum += count
  return sum
}
