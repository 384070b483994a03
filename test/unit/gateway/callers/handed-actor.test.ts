import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../../../src/gateway/index.ts'
import type { Actor } from '../../../../src/resources/metadata.ts'
import { createRouter } from '../../../../src/routing/router.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0)) await each()
})

function gatewayWith(authenticate?: () => Actor | null): Gateway {
  return createGateway({
    router: createRouter({ table: { current: undefined } }),
    basePath: '/ai',
    hosts: ['localhost', '127.0.0.1'],
    ...(authenticate && { authenticate }),
    handlers: { '/whoami': (_request, { actor }) => Response.json(actor ?? 'nobody') },
  })
}

type Ask = (gateway: Gateway, actor: Actor | null, path: string) => Promise<Response>

const asks: Readonly<Record<'node' | 'fetch', Ask>> = {
  async node(gateway, actor, path) {
    const server = createServer((req, res) => gateway.as(actor).node(req, res))
    undo.push(() => server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
  },
  fetch: (gateway, actor, path) => gateway.as(actor).fetch(new Request(`http://localhost${path}`)),
}

describe.each(['node', 'fetch'] as const)('an actor whom the app hands over, over the %s handler', (way) => {
  const ask = asks[way]

  it.each([
    ['with', () => null],
    ['without', undefined],
  ])('is the caller, %s an authenticate of the gateway', async (_with, authenticate) => {
    const actor = { name: 'ada', roles: ['staff'] }
    const response = await ask(gatewayWith(authenticate), actor, '/ai/whoami')
    expect(await response.json()).toEqual(actor)
  })

  it('is refused when it is nobody, also by a gateway that lets everybody in', async () => {
    for (const nobody of [null, undefined as unknown as null, {} as Actor]) {
      const response = await ask(gatewayWith(), nobody, '/ai/whoami')
      await response.text()
      expect(response.status).toBe(401)
    }
  })

  it('need not be anybody for a health probe', async () => {
    const response = await ask(gatewayWith(), null, '/ai/v2/health/live')
    await response.text()
    expect(response.status).toBe(200)
  })
})

it('a gateway whose actors are handed over still serves only its hosts', async () => {
  const handed = gatewayWith().as({ name: 'ada' })
  expect((await handed.fetch(new Request('http://elsewhere.test/ai/whoami'))).status).toBe(403)
})
