import type { IncomingMessage, ServerResponse } from 'node:http'
import { openInference } from '../../../adapters/open-inference/index.ts'
import { openaiCompatible } from '../../../adapters/openai-compatible/index.ts'
import { systemClock } from '../../../src/clock.ts'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Listening,
} from '../../../src/gateway/index.ts'
import { createRouter, type RouterOptions } from '../../../src/routing/router.ts'
import type { RouteTableInput } from '../../../src/routing/table/table.ts'
import { createRouteTableHolder, type RouteTableHolder } from '../../../src/routing/table/table-holder.ts'
import { type Loopback, serveLoopback } from '../../loopback.ts'

/** A gateway on a port of its own, in front of real upstreams. */
export interface GatewayWorld {
  readonly gateway: Gateway
  readonly listening: Listening
  readonly table: RouteTableHolder
  /** The ways to send a request: through the Node handler and through the fetch handler. */
  readonly ways: readonly Way[]
  close(): Promise<void>
}

export interface Way {
  readonly name: 'node' | 'fetch'
  ask(path: string, init?: RequestInit): Promise<Response>
}

export async function gatewayWorld(
  input: Partial<RouteTableInput>,
  options: Partial<GatewayOptions> & Partial<Pick<RouterOptions, 'policy' | 'layers'>> = {},
): Promise<GatewayWorld> {
  const { policy, layers, ...more } = options
  const table = createRouteTableHolder({ clock: systemClock })
  table.load({
    routes: [],
    deployments: [],
    providers: {},
    connect: {
      'open-inference': openInference,
      openai: ({ address }) => openaiCompatible({ baseUrl: `${address}/v1` }),
    },
    ...input,
  })
  const router = createRouter({
    table,
    clock: systemClock,
    ...(policy === undefined ? {} : { policy }),
    ...(layers === undefined ? {} : { layers }),
  })
  const gateway = createGateway({ router, ...more })
  const listening = await gateway.listen({ port: 0 })
  return {
    gateway,
    listening,
    table,
    ways: [
      { name: 'node', ask: (path, init) => fetch(listening.url + path, init) },
      { name: 'fetch', ask: (path, init) => gateway.fetch(new Request(`http://gateway.test${path}`, init)) },
    ],
    async close() {
      await listening.close({ drainMs: 0 })
      await table.close()
    },
  }
}

export interface Upstream extends Loopback {
  readonly seen: {
    readonly url: string
    readonly headers: IncomingMessage['headers']
    readonly body: Buffer
  }[]
  /** The number of callers that left before their answer was whole. */
  readonly left: number
  /** Resolves when that many callers have left. */
  whenLeft(count: number): Promise<void>
}

/** A real upstream over HTTP that answers with `answer`. */
export async function upstream(
  answer: (body: Buffer, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Upstream> {
  const seen: Upstream['seen'] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  let left = 0
  const loopback = await serveLoopback((request, body, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers, body })
    response.on('close', () => {
      if (response.writableFinished) return
      left += 1
      for (const { count, resolve } of waiting) if (left >= count) resolve()
    })
    answer(body, response, request)
  })
  return {
    ...loopback,
    seen,
    get left() {
      return left
    },
    whenLeft: (count) =>
      left >= count ? Promise.resolve() : new Promise((resolve) => void waiting.push({ count, resolve })),
  }
}
