/** As much of the alignment of Cloud Monitoring as gates ask for, over samples that are about a span of time each. */

export interface Distribution {
  readonly count: number
  readonly mean: number
  readonly sumOfSquaredDeviation: number
  readonly bucketOptions: object
  readonly bucketCounts: readonly string[]
}

/** Latencies of Vertex AI have exponential buckets. */
const [growthFactor, scale, numFiniteBuckets] = [2, 25, 4]

/** Without the zeros at the end, as Google leaves them out. */
function bucketCounts(
  values: readonly { readonly value: number; readonly share: number }[],
): readonly string[] {
  const counts: number[] = []
  for (const { value, share } of values) {
    let bucket = 0
    while (bucket <= numFiniteBuckets && value >= scale * growthFactor ** bucket) bucket += 1
    while (counts.length <= bucket) counts.push(0)
    counts[bucket] = (counts[bucket] as number) + share
  }
  return counts.map((count) => String(Math.round(count)))
}

/** One sample of one series: what happened in the span. */
export interface Sample {
  readonly fromMs: number
  readonly toMs: number
  readonly values: readonly number[]
}

/** The aligned points of one series, by the end of their period. */
export type Aligned<Value> = ReadonlyMap<number, Value>

interface Periods {
  readonly fromMs: number
  readonly toMs: number
  readonly periodMs: number
}

/**
 * For each period the samples that touch it, each with the share of it that lies in the period: Cloud Monitoring
 * interpolates between the ends of samples. Periods that nothing touches are left out.
 */
function touching(samples: readonly Sample[], { fromMs, toMs, periodMs }: Periods) {
  const found: { endMs: number; parts: { share: number; values: readonly number[] }[] }[] = []
  for (let endMs = toMs; endMs > fromMs; endMs -= periodMs) {
    const beginMs = endMs - periodMs
    const parts = samples.flatMap(({ values, ...span }) => {
      const both = Math.min(span.toMs, endMs) - Math.max(span.fromMs, beginMs)
      return both > 0 ? [{ share: both / (span.toMs - span.fromMs), values }] : []
    })
    if (parts.length > 0) found.push({ endMs, parts })
  }
  return found
}

export function alignDelta(samples: readonly Sample[], periods: Periods): Aligned<number> {
  return new Map(
    touching(samples, periods).map(({ endMs, parts }) => [
      endMs,
      parts.reduce((sum, { share, values }) => sum + share * total(values), 0),
    ]),
  )
}

export function alignDistribution(samples: readonly Sample[], periods: Periods): Aligned<Distribution> {
  return new Map(
    touching(samples, periods).map(({ endMs, parts }) => {
      const whole = parts.flatMap(({ values, share }) => values.map((value) => ({ value, share })))
      const count = whole.reduce((sum, { share }) => sum + share, 0)
      const mean = count === 0 ? 0 : whole.reduce((sum, { share, value }) => sum + share * value, 0) / count
      const spread = whole.reduce((sum, { share, value }) => sum + share * (value - mean) ** 2, 0)
      const buckets = {
        bucketOptions: { exponentialBuckets: { numFiniteBuckets, growthFactor, scale } },
        bucketCounts: bucketCounts(whole),
      }
      return [endMs, { count: Math.round(count), mean, sumOfSquaredDeviation: spread, ...buckets }]
    }),
  )
}

/** The value below which this share of all values lies. */
export function alignPercentile(
  samples: readonly Sample[],
  periods: Periods,
  share: number,
): Aligned<number> {
  return new Map(
    touching(samples, periods).flatMap(({ endMs, parts }) => {
      const sorted = parts.flatMap(({ values }) => values).sort((one, other) => one - other)
      const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
      return value === undefined ? [] : [[endMs, value] as const]
    }),
  )
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
