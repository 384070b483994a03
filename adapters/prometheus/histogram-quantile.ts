/**
 * The value below which this share of all values lies, as `histogram_quantile()` of PromQL computes it: values are
 * taken to be spread evenly within their bucket, and those above the last end to be at that end. `buckets` are
 * counts by the upper end, each with those of the buckets below it. Undefined when nothing was counted.
 */
export function histogramQuantile(
  buckets: ReadonlyMap<number, number>,
  share: number,
): { readonly value: number; readonly count: number } | undefined {
  const sorted = [...buckets].sort(([left], [right]) => left - right)
  let most = 0
  const rising = sorted.map(([end, count]) => {
    // Series that are not scraped together may be a little out of step.
    most = Math.max(most, count)
    return { end, count: most }
  })
  const count = Math.round(most)
  if (count === 0) return undefined
  const rank = share * most
  const place = rising.findIndex((bucket) => bucket.count >= rank)
  const bucket = rising[place] ?? { end: Number.POSITIVE_INFINITY, count: most }
  const below = rising[place - 1] ?? { end: Math.min(0, bucket.end), count: 0 }
  if (bucket.end === Number.POSITIVE_INFINITY) return { value: below.end, count }
  const within = (rank - below.count) / (bucket.count - below.count)
  return { value: below.end + (bucket.end - below.end) * within, count }
}
