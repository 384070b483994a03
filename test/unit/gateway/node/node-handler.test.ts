import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createGateway, type GatewayOptions, type ListenOptions } from '../../../../src/gateway/index.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { createRouter } from '../../../../src/routing/router.ts'
import { staticRoutes } from '../../../../src/routing/table/static-routes.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function listening(options: Partial<GatewayOptions> = {}, where: Partial<ListenOptions> = {}) {
  const router = createRouter({ table: { current: undefined } })
  const opened = await createGateway({ router, ...options }).listen({ port: 0, ...where })
  undo.push(() => opened.close({ drainMs: 0 }))
  return opened
}

function caller(port: number, text: string): Socket {
  const socket = connect(port, '127.0.0.1')
  undo.push(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(text)
  return socket
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`
const infer =
  'POST /v2/models/m/infer HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
const closing = (request: string): string => request.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n')
const length = 16 * 1024 * 1024

/** A gateway with a long body, an endless stream, and a model whose answer is long. */
async function talkative() {
  const clock = createFakeClock()
  const left = Promise.withResolvers<void>()
  const told: unknown[] = []
  const endless = (): Response =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(30_000)),
        cancel: () => left.resolve(),
      }),
    )
  const bytes = Buffer.alloc(length, 'x')
  const provider = memoryProvider({
    infer: () => ({ kind: 'bytes', contentType: 'application/octet-stream', bytes }),
  })
  const spec = { operations: ['infer'], backends: [{ provider: 'p', model: 'm' }] } as const
  const table = staticRoutes({ routes: [{ metadata: { name: 'm' }, spec }], providers: { p: provider } })
  const { port } = await listening({
    clock,
    router: createRouter({ table }),
    writeTimeoutMs: 7000,
    handlers: { '/long': () => new Response('x'.repeat(length)), '/endless': endless },
    logger: { debug() {}, warn() {}, error() {}, info: (facts) => void told.push(facts) },
  })
  return { clock, port, left: left.promise, told }
}

describe('a caller who does not read', () => {
  it.each(['/endless', '/long'])('is cut off after a while: %s', async (path) => {
    const { clock, port, left, told } = await talkative()
    const socket = caller(port, get(path)).pause()
    await until(() => clock.pendingTimers > 0)
    await clock.advance(6999)
    expect(told).toEqual([])
    await clock.advance(1)
    expect(told).toEqual([{ writeTimeoutMs: 7000 }])
    if (path === '/endless') await left
    // The system of the caller still holds what was sent; the end of it comes after that.
    await once(socket.resume(), 'close')
    expect(clock.pendingTimers).toBe(0)
  })

  it('is cut off when many short answers were not read', async () => {
    const { clock, port, told } = await talkative()
    const socket = caller(port, '').pause()
    let full = false
    const more = (): void => {
      if (!full && !socket.destroyed) socket.write(get(`/nothing/${'x'.repeat(8000)}`).repeat(20), more)
    }
    more()
    await until(() => clock.pendingTimers > 0)
    full = true
    await clock.advance(7000)
    expect(told).toEqual([{ writeTimeoutMs: 7000 }])
  })

  it.each([
    ['in pieces', get('/long')],
    ['whole', infer],
  ])('has until it goes on reading, as often as it likes, where the body comes %s', async (_how, request) => {
    const { clock, port, told } = await talkative()
    const socket = caller(port, closing(request)).pause()
    let read = 0
    socket.on('data', (bytes) => {
      read += bytes.byteLength
    })
    for (let pause = 0; pause < 3; pause += 1) {
      await until(() => clock.pendingTimers > 0)
      await clock.advance(5000)
      const before = read
      socket.resume()
      await until(() => read > before + length / 6)
      socket.pause()
    }
    await once(socket.resume(), 'end')
    expect(read).toBeGreaterThan(length)
    expect(told).toEqual([])
  })
})

describe('a caller who waits for 100 Continue', () => {
  const ask = (bytes: number, more = ''): string =>
    `POST /echo HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: ${bytes}\r\n${more}\r\n`
  const where = (): Promise<{ readonly port: number }> =>
    listening({
      maxBodyBytes: 100,
      authenticate: ({ authorization }) => (authorization === undefined ? { name: 'ada' } : null),
      handlers: { '/echo': async (request) => new Response(await request.text()) },
    })

  it('is told to go on only when the body is read', async () => {
    const socket = caller((await where()).port, ask(5))
    expect(String(await once(socket, 'data'))).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('hello')
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 200 OK[\s\S]*hello/)
  })

  it.each([
    [413, ask(101)],
    [401, ask(5, 'authorization: x\r\n')],
  ])('is refused with %s before it sends anything', async (status, text) => {
    let heard = ''
    for await (const bytes of caller((await where()).port, text)) heard += bytes
    expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(heard).toMatch(/connection: close/i)
  })
})

describe('a connection between two requests', () => {
  it('stays open as long as the gateway is told', async () => {
    for (const [keepAliveTimeoutMs, shown] of [
      [undefined, 75],
      [7000, 7],
    ] as const) {
      const { port } = await listening({}, keepAliveTimeoutMs === undefined ? {} : { keepAliveTimeoutMs })
      expect(String(await once(caller(port, get('/v2')), 'data'))).toContain(
        `Keep-Alive: timeout=${shown}\r\n`,
      )
    }
  })
})
