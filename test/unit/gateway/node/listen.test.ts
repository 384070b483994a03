import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createGateway } from '../../../../src/gateway/index.ts'
import { createRouter } from '../../../../src/routing/router.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { deployment, route } from '../../routing/scenario.ts'
import { gatewayWorld, upstream } from '../gateway-world.ts'

const post: RequestInit = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }

async function slowWorld() {
  const came = Promise.withResolvers<() => void>()
  const server = await upstream((_body, response) => {
    came.resolve(() => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"outputs":[]}')
    })
  })
  const endpoints = [
    { revision: 'r1', target: 'local', endpoint: { protocol: 'open-inference', address: server.url } },
  ]
  const clock = createFakeClock()
  const world = await gatewayWorld(
    {
      routes: [route([{ deployment: 'm', weight: 1 }])],
      deployments: [deployment('m', { r1: 100 }, { endpoints })],
    },
    { clock },
  )
  return { server, world, clock, came: came.promise }
}

describe('a listening gateway', () => {
  it('listens on the loopback address by default', async () => {
    const { world, server } = await slowWorld()
    expect(world.listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await world.close()
    await server.close()
  })

  it('lets running requests finish when it closes, and takes no new requests', async () => {
    const { world, server, came } = await slowWorld()
    const call = fetch(`${world.listening.url}/v2/models/m/infer`, post)
    const answer = await came
    const closing = world.listening.close({ drainMs: 60_000 })
    await expect(fetch(`${world.listening.url}/v2/health/live`)).rejects.toThrow()
    answer()
    const response = await call
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
    await closing
    await world.close()
    await server.close()
  })

  it('does not wait for the connection of an answer that had begun before', async () => {
    const clock = createFakeClock()
    const rest = Promise.withResolvers<void>()
    const begun = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(Buffer.from('first ')),
      async pull(stream) {
        await rest.promise
        stream.enqueue(Buffer.from('last'))
        stream.close()
      },
    })
    const gateway = createGateway({
      router: createRouter({ table: { current: undefined } }),
      clock,
      handlers: { '/slow': () => new Response(begun) },
    })
    const { url, close } = await gateway.listen({ port: 0 })
    const response = await fetch(`${url}/slow`)
    const closing = close({ drainMs: 60_000 })
    rest.resolve()
    expect(await response.text()).toBe('first last')
    await closing
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not wait for connections that have asked for nothing', async () => {
    const { world, server, clock } = await slowWorld()
    const fresh = connect(world.listening.port, '127.0.0.1')
    await once(fresh, 'connect')
    await fetch(`${world.listening.url}/v2/health/live`).then((response) => response.text())
    await world.listening.close({ drainMs: 60_000 })
    expect(clock.pendingTimers).toBe(0)
    await world.close()
    await server.close()
  })

  it('cuts requests that take longer than the drain time', async () => {
    const { world, server, clock, came } = await slowWorld()
    const call = fetch(`${world.listening.url}/v2/models/m/infer`, post)
    call.catch(() => {})
    await came
    const closing = world.listening.close({ drainMs: 5000 })
    await clock.advance(5000)
    await closing
    await expect(call).rejects.toThrow()
    await server.whenLeft(1)
    await world.table.close()
    await server.close()
  })

  it('fails with EADDRINUSE when its port is taken', async () => {
    const { world, server } = await slowWorld()
    await expect(world.gateway.listen({ port: world.listening.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await world.close()
    await server.close()
  })
})

describe('the options of a gateway', () => {
  const router = createRouter({ table: { current: undefined }, clock: createFakeClock() })

  it('are refused when they are wrong', () => {
    for (const options of [
      { basePath: 'models' },
      { basePath: '/models/' },
      { maxBodyBytes: 0 },
      { maxJsonDepth: 1.5 },
      { writeTimeoutMs: Number.NaN },
    ]) {
      expect(() => createGateway({ router, ...options })).toThrow(
        expect.objectContaining({ code: 'invalid-options' }),
      )
    }
  })

  it('mount the gateway only below the base path', async () => {
    const gateway = createGateway({ router, basePath: '/ai' })
    const status = async (path: string): Promise<number> =>
      (await gateway.fetch(new Request(`http://gateway.test${path}`))).status
    expect(await status('/ai/v2/health/live')).toBe(200)
    expect(await status('/v2/health/live')).toBe(404)
    expect(await status('/ai')).toBe(404)
  })

  it('limit the time that a caller has to finish a request', async () => {
    const gateway = createGateway({ router: createRouter({ table: { current: undefined } }) })
    const { port, close } = await gateway.listen({ port: 0, requestTimeoutMs: 50 })
    const socket = connect(port, '127.0.0.1')
    socket.write('POST /v2/models/m/infer HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(String(answer)).toMatch(/^HTTP\/1\.1 408/)
    socket.destroy()
    await close({ drainMs: 0 })
  })

  it.each([{ maxConnections: 0 }, { requestTimeoutMs: Number.NaN }, { keepAliveTimeoutMs: -1 }])(
    'are refused by listen when they are wrong: %o',
    async (wrong) => {
      const gateway = createGateway({ router: createRouter({ table: { current: undefined } }) })
      await expect(gateway.listen({ port: 0, ...wrong })).rejects.toMatchObject({ code: 'invalid-options' })
    },
  )
})
