import { createGateway } from 'modelspine/gateway'
import { defineRoute } from 'modelspine/resources'
import { createRouter, staticRoutes } from 'modelspine/routing'
import type { Upstream } from '../unit/gateway/gateway-world.ts'
import type { FailureKind, Place } from './real-client.ts'
import { openVendor, scriptedVendors } from './scripted-vendors.ts'

export const failureKinds: readonly FailureKind[] = ['rate-limited', 'not-found', 'context-length']

/** One gateway before a scripted server of each vendor. */
export interface ClientWorld extends Place {
  /** The servers, by the names of their vendors. */
  readonly servers: ReadonlyMap<string, Upstream>
  close(): Promise<void>
}

/** The route of a vendor is named after it; `openai:not-found` fails so. */
export async function openClientWorld(): Promise<ClientWorld> {
  const opened = await Promise.all(
    scriptedVendors.map(async (scripted) => ({ scripted, ...(await openVendor(scripted)) })),
  )
  const routes = opened.flatMap(({ scripted: { name, embeds } }) =>
    [undefined, ...failureKinds].map((kind) =>
      defineRoute({
        metadata: { name: routeName(name, kind) },
        spec: {
          operations: embeds ? ['chat', 'embed'] : ['chat'],
          backends: [{ provider: name, model: kind ?? 'm' }],
          attempts: 1,
        },
      }),
    ),
  )
  const providers = Object.fromEntries(opened.map(({ scripted, provider }) => [scripted.name, provider]))
  const table = staticRoutes({ routes, providers })
  const router = createRouter({ table })
  const { url, close } = await createGateway({ router }).listen({ port: 0 })
  return {
    url,
    router,
    servers: new Map(opened.map(({ scripted, server }) => [scripted.name, server])),
    async close() {
      await close({ drainMs: 0 })
      await table.close()
      await Promise.all(opened.map(({ server }) => server.close()))
    },
  }
}

export function routeName(vendor: string, kind?: FailureKind): string {
  return kind === undefined ? vendor : `${vendor}-${kind}`
}
