import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type MountedHandler } from '../../../src/gateway/index.ts'
import { createRouter } from '../../../src/routing/router.ts'
import { type GatewayWorld, gatewayWorld, type Way } from './gateway-world.ts'

const echo: MountedHandler = async (request, ids) => {
  const { method, url, headers } = request
  const body = await request.text()
  const seen = { method, query: new URL(url).search, mark: headers.get('x-mark'), body, ...ids }
  return Response.json(seen, { status: 203, headers: { 'x-own': 'yes' } })
}

const logged: object[] = []
let world: GatewayWorld
/** The ends of the stream at `/endless`, when its reader leaves. */
const left = { node: Promise.withResolvers<void>(), fetch: Promise.withResolvers<void>() }
let signals: AbortSignal[] = []

beforeAll(async () => {
  world = await gatewayWorld(
    {},
    {
      maxBodyBytes: 1000,
      hosts: 'any',
      authenticate: ({ authorization }) => (authorization === 'Bearer ada' ? { name: 'ada' } : null),
      logger: { debug() {}, info() {}, warn() {}, error: (facts) => void logged.push(facts) },
      handlers: {
        '/': () => new Response('home'),
        '/echo': echo,
        '/probe': { handler: echo, open: true },
        '/deep/er': { handler: () => new Response(null, { status: 204 }), open: true },
        '/cookies': {
          handler: () => {
            const headers = new Headers()
            headers.append('set-cookie', 'a=1; Path=/')
            headers.append('set-cookie', 'b=2; Path=/')
            return new Response('x', { headers })
          },
          open: true,
        },
        '/bytes': { handler: () => new Response(new Uint8Array([0, 255, 10])), open: true },
        '/head': { handler: () => new Response(null), open: true },
        '/measured': {
          handler: () => new Response('abc', { headers: { 'content-length': '3' } }),
          open: true,
        },
        '/throws': {
          handler: () => {
            throw new Error('the secret is 42')
          },
          open: true,
        },
        '/failed': { handler: () => Response.error(), open: true },
        '/endless': {
          handler: (request) => {
            signals.push(request.signal)
            const way = new URL(request.url).hostname === 'gateway.test' ? 'fetch' : 'node'
            return new Response(
              new ReadableStream({
                pull: (controller) => controller.enqueue(new TextEncoder().encode('tick\n')),
                cancel: () => left[way].resolve(),
              }),
            )
          },
          open: true,
        },
        '/waits': {
          handler: (request) => {
            signals.push(request.signal)
            return new Promise<Response>(() => {})
          },
          open: true,
        },
      },
    },
  )
})
afterAll(() => world.close())

const ada = { authorization: 'Bearer ada' }

describe('a handler of the app', () => {
  const each = (name: string, check: (way: Way) => Promise<void>): void => {
    it.each(['node', 'fetch'])(`${name}, through %s`, (name) =>
      check(world.ways.find((way) => way.name === name) as Way),
    )
  }

  each('gets the request, the actor and the request id, and its answer is sent as it is', async ({ ask }) => {
    const response = await ask('/echo?a=b%20c', {
      method: 'POST',
      headers: { ...ada, 'x-mark': 'm', 'x-request-id': 'r-7' },
      body: 'héllo',
    })
    expect([response.status, response.headers.get('x-own')]).toEqual([203, 'yes'])
    expect(response.headers.get('x-request-id')).toBe('r-7')
    expect(await response.json()).toEqual({
      method: 'POST',
      query: '?a=b%20c',
      mark: 'm',
      body: 'héllo',
      requestId: response.headers.get('x-modelspine-request-id'),
      callerId: 'r-7',
      actor: { name: 'ada' },
    })
  })

  each('is asked after authenticate, unless it is open', async ({ ask }) => {
    const refused = await ask('/echo')
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { error: 'the credentials are missing or unknown' },
    ])
    const open = await ask('/probe')
    expect(open.status).toBe(203)
    expect(await open.json()).not.toHaveProperty('actor')
  })

  each('has exactly its path', async ({ ask }) => {
    expect(await (await ask('/', { headers: ada })).text()).toBe('home')
    for (const path of ['/echo/', '/echo/more', '/deep', '/Echo', '/%65cho', '/constructor']) {
      expect((await ask(path, { headers: ada })).status, path).toBe(404)
    }
  })

  each('may answer without a body, with bytes and with several cookies', async ({ ask }) => {
    const empty = await ask('/deep/er')
    expect([empty.status, empty.headers.get('content-length'), await empty.text()]).toEqual([204, null, ''])
    expect([...(await (await ask('/bytes')).bytes())]).toEqual([0, 255, 10])
    expect((await ask('/cookies')).headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
  })

  each('gets HEAD, and only methods that a Request can have', async ({ ask }) => {
    const head = await ask('/probe', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([203, ''])
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect(await (await ask('/probe', { method })).json()).toMatchObject({ method })
    }
    expect((await ask('/probe', { method: 'PROPFIND' })).status).toBe(405)
  })

  each('answers HEAD without a body, and with no length but its own', async ({ name, ask }) => {
    const init = { method: 'HEAD' }
    expect((await ask('/bytes', init)).headers.get('content-length')).toBeNull()
    expect((await ask('/head', init)).headers.get('content-length')).toBeNull()
    expect((await ask('/measured', init)).headers.get('content-length')).toBe('3')
    left[name] = Promise.withResolvers()
    expect((await ask('/endless', init)).status).toBe(200)
    await left[name].promise
  })

  each('gets no body that is larger than the gateway takes', async ({ ask }) => {
    const response = await ask('/probe', { method: 'POST', body: 'x'.repeat(1001) })
    expect(response.status).toBe(413)
  })

  each('that fails is an error of the gateway, which tells the caller nothing', async ({ ask }) => {
    for (const path of ['/throws', '/failed']) {
      const response = await ask(path)
      expect([response.status, await response.json()]).toEqual([500, { error: 'the gateway failed' }])
    }
    expect(logged).toContainEqual(expect.objectContaining({ error: 'the secret is 42' }))
  })

  each('has its stream ended when the caller leaves', async ({ name, ask }) => {
    left[name] = Promise.withResolvers()
    const controller = new AbortController()
    const response = await ask('/endless', { signal: controller.signal })
    const reader = response.body?.getReader()
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('tick')
    await reader?.cancel()
    controller.abort()
    await left[name].promise
  })

  each('has a signal that fires when the caller leaves', async ({ ask }) => {
    signals = []
    const controller = new AbortController()
    const call = ask('/waits', { signal: controller.signal })
    call.catch(() => {})
    while (signals.length === 0) await new Promise(setImmediate)
    const [signal] = signals
    expect(signal?.aborted).toBe(false)
    controller.abort()
    if (signal?.aborted === false) await once(signal, 'abort')
  })

  it.each(['a b', 'a:b@c', 'a@c', ':b@c'])(
    'is asked even when the caller names the host "%s"',
    async (host) => {
      const socket = connect(world.listening.port, '127.0.0.1')
      socket.write(`GET /probe HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(String(answer)).toMatch(/^HTTP\/1\.1 203/)
      socket.destroy()
    },
  )

  it.each(['node', 'fetch'] as const)(
    'sees that the caller left before it was asked, through %s',
    async (name) => {
      const router = createRouter({ table: { current: undefined } })
      const [entered, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const seen = Promise.withResolvers<boolean>()
      const gateway = createGateway({
        router,
        authenticate: async () => {
          entered.resolve()
          await gone.promise
          return { name: 'ada' }
        },
        handlers: {
          '/late': ({ signal }) => {
            seen.resolve(signal.aborted)
            return new Response('x')
          },
        },
      })
      const server = createServer((request, response) => {
        response.on('close', gone.resolve)
        gateway.node(request, response)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const caller = new AbortController()
      const request = new Request(`http://127.0.0.1:${port}/late`, { signal: caller.signal })
      const call = name === 'node' ? fetch(request) : gateway.fetch(request)
      call.catch(() => {})
      await entered.promise
      caller.abort()
      if (name === 'fetch') gone.resolve()
      expect(await seen.promise).toBe(true)
      await new Promise((resolve) => server.close(resolve))
    },
  )

  it('is below the base path', async () => {
    const router = createRouter({ table: { current: undefined } })
    const gateway = createGateway({ router, basePath: '/ai', handlers: { '/echo': echo } })
    const status = async (path: string): Promise<number> =>
      (await gateway.fetch(new Request(`http://gateway.test${path}`))).status
    expect([await status('/ai/echo'), await status('/echo')]).toEqual([203, 404])
  })
})

describe('the paths of handlers', () => {
  const router = createRouter({ table: { current: undefined } })
  const create = (path: string, handler: unknown = echo) =>
    createGateway({ router, handlers: { [path]: handler as MountedHandler } })

  it.each(['/v1', '/v1/', '/v1/metrics', '/v2', '/v2/models/m/infer', '/v2/health/live'])(
    'cannot be %s, which is the gateway’s own',
    (path) => {
      expect(() => create(path)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    },
  )

  it.each(['metrics', '', '/a/', '/a//b', '/../a', '/a/..', '/a?b', '/a#b', '/%76%31/x', '/a b', '/ü'])(
    'cannot be "%s", which no request has as it is',
    (path) => {
      expect(() => create(path)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    },
  )

  it('may begin like those of the gateway', () => {
    for (const path of ['/v10', '/v1beta/x', '/metrics', '/a/v1']) expect(() => create(path)).not.toThrow()
  })

  it('each have a function', () => {
    for (const handler of [undefined, 'x', { open: true }]) {
      expect(() => create('/a', handler ?? null)).toThrow()
    }
    expect(() => create('/a', { open: true })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })
})
