/** What the examples beside this file mount below /models of an app: one gateway, and who the app's users are. */

import type { Actor } from 'modelspine'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createGateway, type Gateway } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'

const baseUrl = process.env.MODELS_URL ?? 'http://127.0.0.1:11434/v1'
const table = staticRoutes({
  providers: { local: openaiCompatible({ name: 'local', baseUrl }) },
  routes: [
    {
      metadata: { name: 'assistant' },
      spec: { operations: ['chat'], backends: [{ provider: 'local', model: 'llama3.2' }] },
    },
  ],
})

export const gateway: Gateway = createGateway({
  router: createRouter({ table }),
  basePath: '/models',
  handlers: { '/whoami': (_request, { actor }) => Response.json(actor ?? null) },
})

/** Stands for the app's own sign-in: a session, a cookie, a token. */
export async function signedIn(authorization: string | null | undefined): Promise<Actor | null> {
  return authorization === 'Bearer key-of-ada' ? { name: 'ada' } : null
}
