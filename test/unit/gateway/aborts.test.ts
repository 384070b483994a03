import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openaiCompatible } from '../../../adapters/openai-compatible/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import { deployment, route, text, vendor } from '../routing/scenario.ts'
import { type GatewayWorld, gatewayWorld, type Upstream, upstream } from './gateway-world.ts'

const json = { 'content-type': 'application/json' }
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'v', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`
const ask = { model: 'talk', messages: [{ role: 'user', content: 'hi' }], stream: true }

/** Longer than a test, so that nothing but the caller ends a call. */
const timeouts = { request: '1h', idle: '1h' } as const

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function worldBefore(
  answer: Parameters<typeof upstream>[0],
): Promise<{ server: Upstream; world: GatewayWorld }> {
  const server = await upstream(answer)
  const endpoints = [
    { revision: 'r1', target: 'local', endpoint: { protocol: 'open-inference', address: server.url } },
  ]
  const world = await gatewayWorld({
    routes: [
      route([{ deployment: 'churn', weight: 1 }], { operations: ['infer'], timeouts }, { name: 'churn' }),
      route([vendor('llm')], { operations: ['chat'], timeouts }, { name: 'talk' }),
    ],
    deployments: [deployment('churn', { r1: 100 }, { endpoints })],
    providers: { llm: openaiCompatible({ baseUrl: `${server.url}/v1` }) },
  })
  open.push(world, server)
  return { server, world }
}

describe.each(['node', 'fetch'] as const)('a caller who leaves, over the %s handler', (name) => {
  it('ends the call to the upstream before an answer', async () => {
    const came = Promise.withResolvers<void>()
    const { server, world } = await worldBefore(() => came.resolve())
    const caller = new AbortController()
    const way = world.ways.find((each) => each.name === name)
    const call = way?.ask('/v2/models/churn/infer', {
      method: 'POST',
      headers: json,
      body: '{}',
      signal: caller.signal,
    })
    const ended = call?.then(
      (response) => response.status,
      () => 'rejected',
    )
    await came.promise
    caller.abort()
    await server.whenLeft(1)
    // The fetch handler must give a response, so it answers 499.
    expect(await ended).toBe(name === 'node' ? 'rejected' : 499)
  })

  it('ends the call to the upstream in the middle of a stream', async () => {
    const { server, world } = await worldBefore((_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk('one'))
    })
    const way = world.ways.find((each) => each.name === name)
    const response = await way?.ask('/v1/chat/completions', {
      method: 'POST',
      headers: json,
      body: JSON.stringify(ask),
    })
    const reader = response?.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('one')
    await reader?.cancel()
    await server.whenLeft(1)
    expect(server.left).toBe(1)
  })
})

describe('a caller who leaves before reading anything', () => {
  it('ends the call to the upstream', async () => {
    const { server, world } = await worldBefore((_body, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk('one'))
    })
    const init = { method: 'POST', headers: json, body: JSON.stringify(ask) }
    const response = await world.gateway.fetch(new Request('http://gateway.test/v1/chat/completions', init))
    await response.body?.cancel()
    await server.whenLeft(1)
    expect(server.left).toBe(1)
  })
})

describe('a caller who sent several requests at once and leaves', () => {
  it('ends the call to the upstream of each, also of those whose answer had to wait', async () => {
    const came = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let calls = 0
    const { server, world } = await worldBefore(() => {
      came[calls]?.resolve()
      calls += 1
    })
    const socket = connect(world.listening.port, '127.0.0.1')
    const one =
      'POST /v2/models/churn/infer HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
    socket.write(one.repeat(came.length))
    await Promise.all(came.map(({ promise }) => promise))
    socket.destroy()
    await server.whenLeft(came.length)
    expect(server.left).toBe(came.length)
  })
})

describe('a caller who reads slowly', () => {
  it('slows the stream down, so that it does not pile up in memory', async () => {
    let made = 0
    const big = 'x'.repeat(100_000)
    const stopped = Promise.withResolvers<void>()
    const source = memoryProvider({
      name: 'fast',
      chatStream: async function* () {
        try {
          for (;;) {
            made += 1
            yield text(big)
          }
        } finally {
          stopped.resolve()
        }
      },
    })
    const world = await gatewayWorld({
      routes: [route([vendor('fast')], { operations: ['chat'], timeouts }, { name: 'talk' })],
      providers: { fast: source },
    })
    open.push(world)
    const body = JSON.stringify(ask)
    const socket = connect(world.listening.port, '127.0.0.1')
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await new Promise((resolve) => socket.once('readable', resolve))
    const settled = async (): Promise<number> => {
      for (let before = -1; before !== made; ) {
        before = made
        for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      }
      return made
    }
    // The kernel's buffers take some megabytes. Without backpressure the number would never settle.
    expect(await settled()).toBeLessThan(400)
    socket.destroy()
    await stopped.promise
  })
})

describe('a body that is too large', () => {
  it('is refused because of its announced length, before the gateway reads it', async () => {
    const { world } = await worldBefore(() => {})
    const socket = connect(world.listening.port, '127.0.0.1')
    socket.write(
      'POST /v2/models/churn/infer HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 999999999\r\n\r\n',
    )
    let answer = ''
    for await (const bytes of socket) answer += bytes
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(answer).toMatch(/connection: close/i)
  })
})
