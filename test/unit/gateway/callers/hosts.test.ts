import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createGateway, type Hosts } from '../../../../src/gateway/index.ts'
import { createRouter } from '../../../../src/routing/router.ts'
import { gatewayWorld } from '../gateway-world.ts'

const router = createRouter({ table: { current: undefined } })

async function statusOf(
  port: number,
  host: string,
  path = '/v2',
  address = '127.0.0.1',
): Promise<number | undefined> {
  const call = httpRequest({ port, host: address, path, headers: { host } }).end()
  const [response] = (await once(call, 'response')) as [import('node:http').IncomingMessage]
  response.resume()
  return response.statusCode
}

async function statuses(hosts: Hosts | undefined, names: readonly string[], listenHost = '127.0.0.1') {
  const gateway = createGateway({ router, ...(hosts !== undefined && { hosts }) })
  const { port, close } = await gateway.listen({ port: 0, host: listenHost })
  const found = await Promise.all(names.map((name) => statusOf(port, name.replace('PORT', String(port)))))
  await close({ drainMs: 0 })
  return found
}

describe('the hosts of a gateway', () => {
  it('are those of this machine when it listens on a loopback address', async () => {
    const own = ['localhost', 'LOCALHOST:PORT', 'localhost.:1', '127.0.0.1:PORT', '[::1]:PORT']
    expect(await statuses(undefined, own)).toEqual(own.map(() => 200))
    const foreign = ['evil.example', 'evil.example:PORT', '127.0.0.1.evil.example', 'localhost.evil.example']
    expect(await statuses(undefined, foreign)).toEqual(foreign.map(() => 403))
  })

  it('are all when it listens on another address, or is told so', async () => {
    expect(await statuses(undefined, ['evil.example'], '0.0.0.0')).toEqual([200])
    expect(await statuses('any', ['evil.example'])).toEqual([200])
  })

  it('are those that it is given, with their ports where they have one', async () => {
    const given = ['Models.example.com', 'other.example:8443']
    const asked = [
      'models.example.com',
      'models.example.com:1',
      'other.example:8443',
      'other.example',
      'localhost',
    ]
    expect(await statuses(given, asked)).toEqual([200, 200, 200, 403, 403])
  })

  it.each(['http://a', 'a/b', 'a:port', ''])('are refused when they are no hosts: %s', (host) => {
    expect(() => createGateway({ router, hosts: [host] })).toThrow(`hosts has "${host}"`)
  })

  it('say what to do, stop handlers of the app, and let health probes through', async () => {
    const world = await gatewayWorld(
      {},
      { hosts: ['models.example'], handlers: { '/open': { handler: () => new Response('x'), open: true } } },
    )
    for (const { ask, name } of world.ways) {
      const host = name === 'node' ? `127.0.0.1:${world.listening.port}` : 'gateway.test'
      const refused = await ask('/v1/models')
      expect([refused.status, await refused.json()]).toEqual([
        403,
        {
          error: expect.objectContaining({
            message: `the host "${host}" is not served here: add it to the gateway's hosts if it should be`,
          }),
        },
      ])
      expect((await ask('/open')).status).toBe(403)
      expect((await ask('/v2/health/live')).status).toBe(200)
      expect((await ask('/v2/health/ready')).status).toBe(200)
    }
    const named = new Request('http://localhost/v1/models', { headers: { host: 'evil.example' } })
    expect((await world.gateway.fetch(named)).status).toBe(403)
    await world.close()
  })
})

describe('the host of a request', () => {
  it.each([
    ['http://localhost/v2/health/live?x=http://y HTTP/1.1', 'evil.example', 200],
    ['HTTP://127.0.0.1 HTTP/1.1', 'localhost', 404],
    ['http://localhost/v2 HTTP/1.1', 'evil.example', 200],
    ['http://evil.example/v2 HTTP/1.1', 'localhost', 403],
    ['/v2 HTTP/1.0', '', 403],
    ['/v2/health/live HTTP/1.0', '', 200],
    ['* HTTP/1.1', 'localhost', 404],
  ])(
    'is the one in its target, if that is a whole URL: %s with the host "%s"',
    async (target, host, status) => {
      const { port, close } = await createGateway({ router }).listen({ port: 0 })
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET ${target}\r\n${host === '' ? '' : `host: ${host}\r\n`}\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      socket.destroy()
      await close({ drainMs: 0 })
    },
  )
})
