import { once } from 'node:events'
import { createServer } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway } from '../../../src/gateway/index.ts'
import { createRouter } from '../../../src/routing/router.ts'
import {
  type Framework,
  type GatewaysWorld,
  gatewaysWorld,
  type RunningApp,
  served,
} from './gateways-world.ts'

let world: GatewaysWorld
beforeAll(async () => {
  world = await gatewaysWorld()
})
afterAll(() => world.server.close())

const frameworks: readonly Framework[] = ['express', 'fastify', 'hono', 'next-route']
const signed = { 'content-type': 'application/json', authorization: 'Bearer key-of-ada' }
const question = { model: 'assistant', messages: [{ role: 'user', content: 'hi' }] }
const piece = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'v', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`
const reply = (content: string): string =>
  `{ "id": "c", "object":"chat.completion", "created": 1.0, "model": "v", "choices": [{ "index": 0, "message": { "role": "assistant", "content": ${JSON.stringify(content)} }, "finish_reason": "stop" }], "ours": 1e2 }`

describe.each(frameworks)('the gateway in an app of %s', (framework) => {
  let app: RunningApp
  beforeAll(async () => {
    app = await world.start(framework)
  })
  afterAll(() => app.close())

  const post = (body: string | object, more: RequestInit = {}): Promise<Response> =>
    app.ask('/models/v1/chat/completions', {
      method: 'POST',
      headers: signed,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...more,
    })
  /** A stream whose first piece was sent, and how the upstream goes on. */
  const begun = async (caller?: AbortController) => {
    const upstream = Promise.withResolvers<{ write(text: string): unknown; end(text: string): unknown }>()
    world.answer = (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(piece('first'))
      upstream.resolve(response)
    }
    const response = await post({ ...question, stream: true }, caller && { signal: caller.signal })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    return { response, reader, upstream: await upstream.promise }
  }

  it.each([1000, 3_000_000])('passes a chat of %i bytes on to the byte, and its answer', async (length) => {
    const start = '{ "model":"assistant","messages":[ {"role":"user", "content":"é\\u00e9 '
    const end = '"}], "temperature": 1.0 }'
    const sent = start + 'x'.repeat(length - Buffer.byteLength(start + end)) + end
    world.answer = (_body, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(reply('ü'.repeat(400)))
    }
    const response = await post(sent)
    expect(await response.text()).toBe(reply('ü'.repeat(400)))
    expect(response.status).toBe(200)
    const received = String(world.server.seen.at(-1)?.body)
    expect(received).toBe(sent.replace('"assistant"', '"llama3.2"'))
  })

  it('sends the first piece of a stream before the upstream has the last', async () => {
    const { response, reader, upstream } = await begun()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect((await reader?.read())?.value).toContain('first')
    upstream.write(piece('last'))
    upstream.end('data: [DONE]\n\n')
    let rest = ''
    for (let step = await reader?.read(); step?.done === false; step = await reader?.read())
      rest += step.value
    expect(rest).toContain('last')
    expect(rest).toMatch(/data: \[DONE\]\s*$/)
  })

  it('reads a stream no faster than its caller', async () => {
    const most = 2000
    let written = 0
    const text = piece('x'.repeat(100_000))
    world.answer = async (_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const closed = once(response, 'close')
      for (; written < most && !response.destroyed; written += 1) {
        if (!response.write(text)) await Promise.race([once(response, 'drain'), closed])
      }
      response.end()
    }
    const before = world.server.left
    const response = await post({ ...question, stream: true })
    const reader = response.body?.getReader()
    await reader?.read()
    for (let last = -1; last !== written; ) {
      last = written
      for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    // The kernel's buffers take some megabytes.
    expect(written).toBeLessThan(most / 2)
    await reader?.cancel()
    await world.server.whenLeft(before + 1)
  })

  it('ends the call to the upstream when its caller leaves in the middle of a stream', async () => {
    const before = world.server.left
    const caller = new AbortController()
    const { reader } = await begun(caller)
    expect((await reader?.read())?.value).toContain('first')
    if (framework === 'next-route') await reader?.cancel()
    else caller.abort()
    await world.server.whenLeft(before + 1)
    expect(world.server.left).toBe(before + 1)
  })

  it('ends the call to the upstream when its caller leaves before an answer', async () => {
    const before = world.server.left
    const caller = new AbortController()
    const came = Promise.withResolvers<void>()
    world.answer = () => came.resolve()
    const ended = post(question, { signal: caller.signal }).catch(() => undefined)
    await came.promise
    caller.abort()
    await world.server.whenLeft(before + 1)
    await ended
    expect(world.server.left).toBe(before + 1)
  })

  it('answers wrong JSON in words of its own', async () => {
    const response = await post('{"model": ')
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', message: expect.stringContaining('JSON') } },
    ])
  })

  it('answers unknown paths below its own, and leaves the others to the app', async () => {
    const ours = await app.ask('/models/v1/nothing', { headers: signed })
    expect([ours.status, await ours.json()]).toMatchObject([404, { error: { message: expect.any(String) } }])
    expect(ours.headers.get('x-modelspine-request-id')).not.toBeNull()
    if (framework === 'next-route') return
    for (const path of ['/nothing', '/modelsv1/models', '/v1/models']) {
      const response = await app.ask(path, { headers: signed })
      await response.text()
      expect([response.status, response.headers.get('x-modelspine-request-id')]).toEqual([404, null])
    }
    const order = await app.ask('/orders', { method: 'POST', headers: signed, body: '{"item":"tea"}' })
    expect(await order.json()).toEqual({ ordered: 'tea', by: 'ada' })
  })

  it('knows whom the app has signed in, and refuses others', async () => {
    const known = await app.ask('/models/whoami', { headers: signed })
    expect(await known.json()).toEqual({ name: 'ada' })
    const unknown = await post(question, { headers: { 'content-type': 'application/json' } })
    expect([unknown.status, await unknown.json()]).toMatchObject([
      401,
      { error: { code: expect.any(String) } },
    ])
    const probe = await app.ask('/models/v2/health/live')
    await probe.text()
    expect(probe.status).toBe(200)
  })

  it('takes a body without a content type, as Triton’s client sends it', async () => {
    const response = await app.ask('/models/v2/models/assistant/infer', {
      method: 'POST',
      headers: { authorization: signed.authorization },
      body: new Uint8Array([123, 125]),
    })
    // The route has no infer, so the gateway has read the body and asked the router.
    expect([response.status, await response.json()]).toMatchObject([400, { error: expect.any(String) }])
  })
})

describe('a gateway without a base path', () => {
  const gateway = createGateway({ router: createRouter({ table: { current: undefined } }) })
  const mounts = {
    express: () => createServer(express().use('/models', gateway.node)),
    hono: () => createAdaptorServer({ fetch: new Hono().mount('/models', gateway.fetch).fetch }),
  }

  it.each(['express', 'hono'] as const)('is mounted by %s, which takes the path away', async (framework) => {
    const app = await served(mounts[framework]())
    const probe = await app.ask('/models/v2/health/live')
    await probe.text()
    expect(probe.status).toBe(200)
    const wrong = await app.ask('/models/v1/chat/completions', { method: 'POST', headers: signed, body: '{' })
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error' } },
    ])
    await app.close()
  })
})
