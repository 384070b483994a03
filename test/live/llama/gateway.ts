import { systemClock } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { openai } from 'modelspine/adapters/openai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createGateway, type Listening } from 'modelspine/gateway'
import { createRouter, staticRoutes } from 'modelspine/routing'

/** For a machine that is busy. */
export const timeout = 240_000
export const model = 'smollm2-135m'
/** One route for each format in which llama.cpp's server is asked. */
export const routes = ['chat', 'messages', 'responses'] as const

const apiKey = { reveal: () => 'none' }

export interface LlamaGateway {
  readonly upstreams: {
    readonly chat: ReturnType<typeof openaiCompatible>
    readonly messages: ReturnType<typeof anthropic>
    readonly responses: ReturnType<typeof openai>
  }
  listen(): Promise<Listening>
  close(): Promise<unknown>
}

/** A gateway in front of llama.cpp's server, with a provider for each of its three formats. */
export function llamaGateway(url: string): LlamaGateway {
  const upstreams = {
    chat: openaiCompatible({ baseUrl: `${url}/v1`, quirks: 'llama.cpp', name: 'llama' }),
    messages: anthropic({ baseUrl: url, apiKey }),
    responses: openai({ baseUrl: `${url}/v1`, apiKey, api: 'responses' }),
  }
  const timeouts = { request: '4m', attempt: '4m', firstOutput: '3m', idle: '2m' } as const
  const table = staticRoutes({
    routes: routes.map((provider) => ({
      metadata: { name: provider },
      spec: { operations: ['chat' as const], backends: [{ provider, model }], timeouts },
    })),
    providers: upstreams,
  })
  const gateway = createGateway({ router: createRouter({ table, clock: systemClock }) })
  return {
    upstreams,
    listen: () => gateway.listen({ port: 0 }),
    close: () => Promise.all(Object.values(upstreams).map((provider) => provider.close())),
  }
}
