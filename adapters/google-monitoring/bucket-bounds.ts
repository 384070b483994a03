type Told = number | null | undefined

/** How a distribution divides its values. Members that are zero are left out of JSON. */
export interface BucketOptions {
  readonly linearBuckets?:
    | { readonly numFiniteBuckets?: Told; readonly width?: Told; readonly offset?: Told }
    | null
    | undefined
  readonly exponentialBuckets?:
    | { readonly numFiniteBuckets?: Told; readonly growthFactor?: Told; readonly scale?: Told }
    | null
    | undefined
  readonly explicitBuckets?: { readonly bounds?: readonly number[] | null | undefined } | null | undefined
}

/**
 * The bounds between the buckets, ascending: one fewer than there are buckets. Empty when nothing is said.
 * https://cloud.google.com/monitoring/api/ref_v3/rest/v3/TypedValue#BucketOptions
 */
export function bucketBounds({
  linearBuckets: linear,
  exponentialBuckets: exponential,
  explicitBuckets: explicit,
}: BucketOptions): readonly number[] {
  if (linear)
    return boundsAt(linear.numFiniteBuckets, (place) => (linear.offset ?? 0) + (linear.width ?? 0) * place)
  if (exponential) {
    const { numFiniteBuckets, growthFactor, scale } = exponential
    return boundsAt(numFiniteBuckets, (place) => (scale ?? 0) * (growthFactor ?? 0) ** place)
  }
  return explicit?.bounds ?? []
}

function boundsAt(finiteBuckets: Told, boundAt: (place: number) => number): readonly number[] {
  return Array.from({ length: (finiteBuckets ?? 0) + 1 }, (_, place) => boundAt(place))
}
