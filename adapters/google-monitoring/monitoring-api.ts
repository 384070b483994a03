import { ModelspineError } from 'modelspine/adapter'
import { z } from 'zod'
import { googlePages } from '../shared/google/google-pages.ts'
import type { VendorClient, VendorRequest } from '../shared/vendor-client.ts'
import { bucketBounds } from './bucket-bounds.ts'

const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])
const int64 = z.union([
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
  z.number(),
])

const told = z.number().nullish()
const bucketOptions = z.object({
  linearBuckets: z.object({ numFiniteBuckets: told, width: told, offset: told }).nullish(),
  exponentialBuckets: z.object({ numFiniteBuckets: told, growthFactor: told, scale: told }).nullish(),
  explicitBuckets: z.object({ bounds: z.array(z.number()).nullish() }).nullish(),
})

const point = z.object({
  interval: z.object({ endTime: z.iso.datetime({ offset: true }) }),
  value: z.object({
    boolValue: z.boolean().nullish(),
    int64Value: int64.nullish(),
    doubleValue: number.nullish(),
    distributionValue: z
      .object({
        count: int64.nullish(),
        mean: number.nullish(),
        sumOfSquaredDeviation: number.nullish(),
        bucketOptions: bucketOptions.nullish(),
        bucketCounts: z.array(int64).nullish(),
      })
      .nullish(),
  }),
})

const status = z.object({ code: z.number().nullish(), message: z.string().nullish() })
const page = z.object({
  timeSeries: z.array(z.object({ points: z.array(point).nullish() })).nullish(),
  nextPageToken: z.string().nullish(),
  executionErrors: z.array(status).nullish(),
  unreachable: z.array(z.string()).nullish(),
})

type Value = z.infer<typeof point>['value']

/** The samples of one period, where the metric is one of distributions. */
export interface Samples {
  readonly count: number
  readonly mean: number
  readonly sumOfSquaredDeviation: number
  /** The bounds between the buckets. Empty where the answer does not tell. */
  readonly bounds: readonly number[]
  /** The counts of the buckets, without zeros at the end. */
  readonly bucketCounts: readonly number[]
}

/** What one aligned point says. */
export type PointValue = number | Samples

/** The aligned points of all series, by the time at which their period ends. */
export type SeriesPoints = ReadonlyMap<number, PointValue>

/**
 * All pages. Throws `metric-error` for an answer that is not whole: what is missing may be what would have failed the
 * gate.
 */
export async function readSeries(
  client: VendorClient,
  requestOf: (pageToken: string | undefined) => VendorRequest,
): Promise<SeriesPoints> {
  const points = new Map<number, PointValue>()
  const pages = googlePages(
    async (token) => {
      const { timeSeries, nextPageToken, ...rest } = await client.read(page, requestOf(token))
      checkWhole(rest)
      return { items: (timeSeries ?? []).flatMap((each) => each.points ?? []), nextPageToken }
    },
    'a list of time series',
    'metric-error',
  )
  for await (const { interval, value } of pages) {
    const atMs = Date.parse(interval.endTime)
    if (points.has(atMs)) {
      throw failure('answered several time series for one number: give reduce, or more labels', false)
    }
    points.set(atMs, numberOrSamples(value))
  }
  return points
}

function checkWhole({
  executionErrors,
  unreachable,
}: Pick<z.infer<typeof page>, 'executionErrors' | 'unreachable'>): void {
  const [error] = executionErrors ?? []
  if (error !== undefined) throw failure(`answered only a part: ${error.message ?? `code ${error.code}`}`)
  const [region] = unreachable ?? []
  if (region !== undefined) throw failure(`answered only a part: it could not reach ${region}`)
}

function numberOrSamples({ boolValue, int64Value, doubleValue, distributionValue }: Value): PointValue {
  if (distributionValue) {
    const { count, mean, sumOfSquaredDeviation, bucketOptions, bucketCounts } = distributionValue
    return {
      count: count ?? 0,
      mean: mean ?? 0,
      sumOfSquaredDeviation: sumOfSquaredDeviation ?? 0,
      bounds: bucketOptions ? bucketBounds(bucketOptions) : [],
      bucketCounts: bucketCounts ?? [],
    }
  }
  const value = int64Value ?? doubleValue ?? (typeof boolValue === 'boolean' ? Number(boolValue) : undefined)
  if (value === undefined) throw failure('answered a point that is no number', false)
  return value
}

/** `metric-error` for what Cloud Monitoring did. */
export function failure(what: string, retryable = true): ModelspineError {
  return new ModelspineError('metric-error', `Google Cloud Monitoring ${what}`, { retryable })
}
