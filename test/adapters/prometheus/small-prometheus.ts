import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RangeSeries } from '../../../adapters/prometheus/prometheus-api.ts'
import { type Loopback, serveLoopback } from '../../loopback.ts'

export interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly query: string
  readonly time: string
}

export interface SmallPrometheus extends Loopback {
  /** What it has. */
  series: readonly RangeSeries[]
  readonly asked: readonly Asked[]
  /** Answers the next queries in another way. `undefined` for its own way. */
  answer: ((asked: Asked, response: ServerResponse) => void) | undefined
}

const matcher = /([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/y
const range = /^([a-zA-Z_:][\w:]*)?\{(.*)\}\[(\d+)ms\]$/s
const average = /^avg\(avg_over_time\((.*)\)\)$/s

/**
 * As much of Prometheus' query API as the tests of the adapter need: selectors of ranges, and the average over
 * them. It answers as Prometheus 2.42 does: both ends of a range are in it, numbers are texts, times are seconds,
 * and nothing is an empty list. test/live/prometheus.test.ts asks the real one the same.
 */
export async function smallPrometheus(): Promise<SmallPrometheus> {
  const asked: Asked[] = []
  const loopback = await serveLoopback((request, body, response) => {
    const form = new URLSearchParams(body.toString())
    const { method, url, headers } = request
    const call = { method, url, headers, query: form.get('query') ?? '', time: form.get('time') ?? '' }
    asked.push(call)
    if (server.answer !== undefined) return server.answer(call, response)
    try {
      json(response, 200, { status: 'success', data: evaluate(call, server.series) })
    } catch (error) {
      json(response, 400, { status: 'error', errorType: 'bad_data', error: (error as Error).message })
    }
  })
  const server: SmallPrometheus = { ...loopback, series: [], asked, answer: undefined }
  return server
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function evaluate({ query, time }: Asked, all: readonly RangeSeries[]): object {
  const averaged = average.exec(query)
  const found = range.exec(averaged?.[1] ?? query)
  if (found === null) throw new Error(`parse error: ${query}`)
  const [, name, matchers = '', length] = found
  const toMs = Math.round(Number(time) * 1000)
  const fits = matching(matchers)
  const result = all
    .filter(({ labels }) => (name === undefined || labels.__name__ === name) && fits(labels))
    .map(({ labels: metric, points }) => ({
      metric,
      values: points
        .filter(({ atMs }) => atMs >= toMs - Number(length) && atMs <= toMs)
        .map(({ atMs, value }) => [atMs / 1000, String(value)]),
    }))
    .filter(({ values }) => values.length > 0)
  if (averaged === null) return { resultType: 'matrix', result }
  const means = result.map(({ values }) => mean(values.map(([, value]) => Number(value))))
  const value = [toMs / 1000, String(mean(means))]
  return { resultType: 'vector', result: means.length === 0 ? [] : [{ metric: {}, value }] }
}

function matching(text: string): (labels: RangeSeries['labels']) => boolean {
  const tests: ((labels: RangeSeries['labels']) => boolean)[] = []
  matcher.lastIndex = 0
  while (matcher.lastIndex < text.length) {
    const at = matcher.lastIndex
    const found = matcher.exec(text)
    if (found === null) throw new Error(`parse error at ${text.slice(at)}`)
    const [, label = '', operator, raw = ''] = found
    const wanted = unquoted(raw)
    const isRegex = operator === '=~' || operator === '!~'
    const isWanted = operator === '=' || operator === '=~'
    const pattern = isRegex ? new RegExp(`^(?:${wanted})$`, 's') : undefined
    tests.push((labels) => {
      const value = labels[label] ?? ''
      return (pattern?.test(value) ?? value === wanted) === isWanted
    })
  }
  return (labels) => tests.every((test) => test(labels))
}

/** The escapes of Go that the adapter writes. */
export function unquoted(text: string): string {
  return text.replace(/\\(x[0-9a-f]{2}|.)/gs, (_, kind: string) =>
    kind.length === 3 ? String.fromCharCode(Number.parseInt(kind.slice(1), 16)) : kind,
  )
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
