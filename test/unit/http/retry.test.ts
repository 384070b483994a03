import { describe, expect, it, vi } from 'vitest'
import { createHttpClient } from '../../../src/http/http-client.ts'
import type { HttpReply } from '../../../src/http/http-reply.ts'
import { retryAfterMs } from '../../../src/http/rate-limits.ts'
import { withRetries } from '../../../src/http/retry.ts'
import { serveLoopback } from '../../loopback.ts'

const fast = { times: 3, minDelayMs: 1, maxDelayMs: 5 }

/** Calls a server that answers with each status in turn and repeats the last. `0` breaks the connection. */
async function played(
  statuses: readonly number[],
  headers: Record<string, string> = {},
): Promise<{ status: number | string; calls: number }> {
  let calls = 0
  const loopback = await serveLoopback((_request, _body, response) => {
    const status = statuses[Math.min(calls, statuses.length - 1)] ?? 200
    calls += 1
    if (status === 0) response.socket?.destroy()
    else response.writeHead(status, headers).end()
  })
  const client = createHttpClient({ baseUrl: loopback.url })
  const status = await client.request({ method: 'GET', path: '/', retry: fast }).then(
    (reply) => reply.status,
    (error) => error.code,
  )
  await loopback.close()
  await client.close()
  return { status, calls }
}

describe('retries', () => {
  it.each([
    ['after 503 and a broken connection', [503, 0, 200], { status: 200, calls: 3 }],
    ['after 429 until the tries are used up, and give the last answer', [429], { status: 429, calls: 4 }],
    ['after a broken connection until the tries are used up', [0], { status: 'unavailable', calls: 4 }],
    ['not after an error of the caller', [400, 200], { status: 400, calls: 1 }],
    ['not after 500, because the server may have done something', [500, 200], { status: 500, calls: 1 }],
  ])('are made %s', async (_when, statuses, outcome) => {
    expect(await played(statuses)).toEqual(outcome)
  })

  it('are not made when the server asks for a wait beyond the limit', async () => {
    expect(await played([503, 200], { 'retry-after': '60' })).toEqual({ status: 503, calls: 1 })
  })

  it('never come before the time that the server asks for', async () => {
    await import('p-retry')
    vi.useFakeTimers()
    try {
      const statuses = [429, 503, 200]
      const atMs: number[] = []
      const call = async (): Promise<HttpReply> => {
        const status = statuses[atMs.length] ?? 200
        atMs.push(Date.now())
        return { status, headers: { 'retry-after': '2' } } as never
      }
      const called = withRetries(call, { ...fast, maxDelayMs: 2000 }, undefined)
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await called).status).toBe(200)
      const waits = atMs.slice(1).map((at, place) => at - (atMs[place] ?? 0))
      expect(waits).toHaveLength(2)
      for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(2000)
    } finally {
      vi.useRealTimers()
    }
  })

  it('end with aborted when the abortSignal fires while the server wants them to wait', async () => {
    const abort = new AbortController()
    const loopback = await serveLoopback((_request, _body, response) => {
      response.writeHead(503, { 'retry-after': '60' }).end(() => setImmediate(() => abort.abort()))
    })
    const client = createHttpClient({ baseUrl: loopback.url })
    const retry = { times: 3, minDelayMs: 1, maxDelayMs: 60_000 }
    const call = client.request({ method: 'GET', path: '/', retry, abortSignal: abort.signal })
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    await loopback.close()
    await client.close()
  })

  it('end with aborted when the abortSignal fires between two tries', async () => {
    const abort = new AbortController()
    const loopback = await serveLoopback((_request, _body, response) => {
      response.writeHead(503).end(() => setImmediate(() => abort.abort()))
    })
    const client = createHttpClient({ baseUrl: loopback.url })
    const retry = { times: 3, minDelayMs: 60_000, maxDelayMs: 60_000 }
    const call = client.request({ method: 'GET', path: '/', retry, abortSignal: abort.signal })
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    await loopback.close()
    await client.close()
  })
})

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 0, 1)
  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '9' }, 120],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{}, undefined],
  ])('reads %o as %o', (headers, expected) => {
    expect(retryAfterMs(headers, now)).toBe(expected)
  })
})
