import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { ModelspineError, secretOf } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { failureOf, scene, simple, vector } from './scene.ts'
import { json } from './small-prometheus.ts'

const secret = 's3cret/Token+with=signs'

describe('an answer that is none', () => {
  const success = { status: 'success', data: vector('1') }

  it.each<[string, (response: ServerResponse) => void, string, boolean]>([
    [
      '429',
      (response) => json(response, 429, { status: 'error', errorType: 'x', error: 'slow down' }),
      'answered 429: x: slow down',
      true,
    ],
    [
      '500 in HTML',
      (response) => response.writeHead(500, { 'content-type': 'text/html' }).end('<!doctype html>oops'),
      'answered 500',
      true,
    ],
    [
      'a query that took too long',
      (response) => json(response, 503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
      'timeout: query timed out',
      true,
    ],
    [
      'a refusal',
      (response) => json(response, 403, { error: 'no' }),
      'refuses our credentials (403): no',
      false,
    ],
    [
      '401 in plain text',
      (response) => response.writeHead(401).end('Unauthorized\n'),
      'refuses our credentials (401): Unauthorized',
      false,
    ],
    [
      '404',
      (response) => response.writeHead(404).end('404 page not found'),
      'answered 404: 404 page not found',
      false,
    ],
    ['HTML with 200', (response) => response.end('<!doctype html>'), 'not JSON', true],
    [
      'an error with 200',
      (response) => json(response, 200, { status: 'error', error: 'x' }),
      'unknown form: status',
      true,
    ],
    [
      'half of an answer',
      (response) => response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy()),
      'Prometheus',
      true,
    ],
    ['a cut connection', (response) => void response.destroy(), 'Prometheus', true],
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/x' }).end(),
      'redirects are not followed',
      false,
    ],
    [
      'a part of an answer',
      (response) => json(response, 200, { ...success, warnings: ['a store was down'] }),
      'only in part: a store was down',
      true,
    ],
    [
      'an unknown sort',
      (response) => json(response, 200, { status: 'success', data: { resultType: 'streams', result: [] } }),
      'a streams',
      false,
    ],
    [
      'series that are none',
      (response) => json(response, 200, { status: 'success', data: { resultType: 'vector', result: [7] } }),
      'a series that is none',
      false,
    ],
  ])('is a metric-error: %s', async (_what, act, message, retryable) => {
    const { server, ask } = await scene({ simple }, { timeoutMs: 2000 })
    server.answer = (_asked, response) => act(response)
    const error = await failureOf(ask())
    expect(error).toMatchObject({ code: 'metric-error', retryable })
    expect(error.message).toContain(message)
  })

  it('tells how long Prometheus wants to be left alone', async () => {
    const { server, ask } = await scene()
    server.answer = (_asked, response) => void response.writeHead(429, { 'retry-after': '7' }).end()
    expect(await failureOf(ask())).toMatchObject({ code: 'metric-error', retryAfterMs: 7000 })
  })

  it('is asked for again when it passes by itself', async () => {
    const { server, ask } = await scene()
    server.answer = (_asked, response) => {
      if (server.asked.length < 3) response.writeHead(503).end()
      else json(response, 200, success)
    }
    expect(await ask()).toMatchObject({ value: 1 })
    expect(server.asked).toHaveLength(3)
  })

  it('may not take longer than timeoutMs, nor be larger than maxReplyBytes', async () => {
    const slow = await scene({ simple }, { timeoutMs: 30 })
    slow.server.answer = () => {}
    expect(await failureOf(slow.ask())).toMatchObject({ code: 'metric-error', retryable: true })
    const large = await scene({ simple }, { maxReplyBytes: 100 })
    large.server.answer = (_asked, response) => json(response, 200, { ...success, more: 'x'.repeat(200) })
    expect((await failureOf(large.ask())).code).toBe('metric-error')
  })

  it('may have fields that nobody knows', async () => {
    const { server, ask } = await scene()
    const value = [1_800_000_060, '5', 'new']
    const result = [{ metric: null, value, exemplar: {} }]
    const data = { resultType: 'vector', result, stats: {} }
    server.answer = (_asked, response) =>
      json(response, 200, { status: 'success', data, infos: ['x'], warnings: null })
    expect(await ask()).toMatchObject({ value: 5 })
  })

  it('shows no secret', async () => {
    const spellings = [secret, encodeURIComponent(secret), Buffer.from(`ann:${secret}`).toString('base64')]
    for (const options of [
      { token: () => secretOf(secret) },
      { basic: { user: 'ann', password: () => secretOf(secret) } },
      { headers: { 'x-api-key': secret } },
    ]) {
      for (const status of [200, 302, 400, 403, 503]) {
        const { server, ask } = await scene({ simple }, options)
        server.answer = (_asked, response) => {
          const location = `http://x/?t=${encodeURIComponent(secret)}`
          response.writeHead(status, { location, 'x-echo': secret })
          response.end(JSON.stringify({ status: 'error', errorType: secret, error: spellings.join(' ') }))
        }
        const error = await failureOf(ask())
        const text = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`
        const known = 'basic' in options ? spellings : spellings.slice(0, 2)
        for (const spelling of known) expect(text).not.toContain(spelling)
      }
    }
  })

  it('is what a credential that cannot be had is, too', async () => {
    const token = () => Promise.reject(new ModelspineError('secret-not-found', 'there is no TOKEN'))
    const { server, ask } = await scene({ simple }, { token })
    expect(await failureOf(ask())).toMatchObject({ code: 'metric-error', retryable: false })
    expect(server.asked).toHaveLength(0)
  })
})
