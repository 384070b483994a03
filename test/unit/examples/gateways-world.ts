import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServerType } from '@hono/node-server'
import { type Upstream, upstream } from '../gateway/gateway-world.ts'

/** An app of examples/gateways/ that runs. Its gateway is below /models. */
export interface RunningApp {
  ask(path: string, init?: RequestInit): Promise<Response>
  close(): Promise<unknown>
}

export type Framework = 'express' | 'fastify' | 'hono' | 'next-route'

/** The examples in front of one upstream, which answers as the test says. */
export interface GatewaysWorld {
  readonly server: Upstream
  /** How the upstream answers from now on. */
  answer: Parameters<typeof upstream>[0]
  start(framework: Framework): Promise<RunningApp>
}

export async function gatewaysWorld(): Promise<GatewaysWorld> {
  const server = await upstream((...call) => world.answer(...call))
  const world: GatewaysWorld = {
    server,
    answer: (_body, response) => void response.end(),
    start: (framework) => starts[framework](),
  }
  process.env.MODELS_URL = `${server.url}/v1`
  await import('../../../examples/gateways/models.ts')
  delete process.env.MODELS_URL
  return world
}

const starts: Readonly<Record<Framework, () => Promise<RunningApp>>> = {
  async express() {
    const { app } = await import('../../../examples/gateways/express.ts')
    return served(createServer(app))
  },
  async fastify() {
    const { app } = await import('../../../examples/gateways/fastify.ts')
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return {
      ask: (path, init) => fetch(url + path, init),
      close() {
        app.server.closeAllConnections()
        return app.close()
      },
    }
  },
  async hono() {
    const { app } = await import('../../../examples/gateways/hono.ts')
    const { createAdaptorServer } = await import('@hono/node-server')
    return served(createAdaptorServer({ fetch: app.fetch }))
  },
  /** Next calls the functions of a route with a Request, and sends the Response that they give. */
  async 'next-route'() {
    const { GET, POST } = await import('../../../examples/gateways/next-route.ts')
    return {
      ask: (path, init) =>
        (init?.method === 'POST' ? POST : GET)(new Request(`http://next.test${path}`, init)),
      close: async () => {},
    }
  },
}

/** A server of node:http that asks an app. */
export async function served(server: ServerType): Promise<RunningApp> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ask: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}
