/** The query API: https://prometheus.io/docs/prometheus/latest/querying/api/ */

import { ModelspineError } from 'modelspine/adapter'
import { z } from 'zod'
import type { VendorClient, VendorRequest } from '../shared/vendor-client.ts'

export interface InstantQuery {
  readonly query: string
  /** In seconds since the epoch. */
  readonly time: string
  readonly abortSignal?: AbortSignal | undefined
}

/** Posted, because a query may be longer than an address. It changes nothing, so it may be repeated. */
export function queryRequest({ query, time, abortSignal }: InstantQuery): VendorRequest {
  return {
    method: 'POST',
    path: '/api/v1/query',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ query, time }).toString(),
    repeatable: true,
    abortSignal,
  }
}

/** A number as Prometheus has it: also NaN and infinite. */
export interface Point {
  readonly atMs: number
  readonly value: number
}

export interface InstantSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly point: Point
}

export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly Point[]
}

export type QueryResult =
  | { readonly kind: 'vector'; readonly series: readonly InstantSeries[] }
  | { readonly kind: 'matrix'; readonly series: readonly RangeSeries[] }

// A matrix may have very many points, so they are read without a schema.
const point = z.array(z.unknown())
const metric = z.record(z.string(), z.string()).nullish()
const series = z.object({ metric, value: point.nullish(), values: z.array(z.unknown()).nullish() })
const answer = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.string(), result: z.array(z.unknown()) }),
  warnings: z.array(z.string()).nullish(),
})

/** Throws `metric-error` and `aborted`. */
export async function queryPrometheus(client: VendorClient, query: InstantQuery): Promise<QueryResult> {
  const { data, warnings } = await client.read(answer, queryRequest(query))
  const [warning] = warnings ?? []
  if (warning !== undefined) {
    throw new ModelspineError('metric-error', `Prometheus answered only in part: ${warning}`)
  }
  const { resultType, result } = data
  switch (resultType) {
    case 'scalar':
      return { kind: 'vector', series: [{ labels: {}, point: pointOf(result) }] }
    case 'vector':
      return {
        kind: 'vector',
        series: result.map(seriesOf).map(({ labels, value }) => ({ labels, point: pointOf(value) })),
      }
    case 'matrix':
      return {
        kind: 'matrix',
        series: result
          .map(seriesOf)
          .map(({ labels, values }) => ({ labels, points: (values ?? []).map(pointOf) })),
      }
    default:
      throw unknownForm(`a ${resultType}`)
  }
}

function seriesOf(value: unknown) {
  const read = series.safeParse(value)
  if (!read.success) throw unknownForm('a series that is none')
  return { ...read.data, labels: read.data.metric ?? {} }
}

function pointOf(value: unknown): Point {
  const [seconds, text] = Array.isArray(value) ? (value as readonly unknown[]) : []
  // Native histograms are another member, and have no such number.
  if (typeof seconds !== 'number' || typeof text !== 'string')
    throw unknownForm('something that is no number')
  return { atMs: Math.round(seconds * 1000), value: numberOf(text) }
}

function numberOf(text: string): number {
  switch (text) {
    case '+Inf':
    case 'Inf':
      return Number.POSITIVE_INFINITY
    case '-Inf':
      return Number.NEGATIVE_INFINITY
    default:
      return text === '' ? Number.NaN : Number(text)
  }
}

function unknownForm(what: string): ModelspineError {
  return new ModelspineError('metric-error', `Prometheus answered the query with ${what}`, {
    retryable: false,
  })
}
