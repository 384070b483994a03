import { createHttpClient, type ModelProvider, ModelspineError, systemClock } from 'modelspine/adapter'
import { createGateway } from 'modelspine/gateway'
import { defineRoute } from 'modelspine/resources'
import { createRouter, createRouteTableHolder } from 'modelspine/routing'
import { chatOverHttp } from '../../adapters/shared/provider/chat-over-http.ts'
import { serve } from '../child.ts'
import { type Format, formats } from './formats.ts'

/** A gateway with a route for each format. Its callers speak OpenAI's. */
const [, , address = ''] = process.argv

function failed(held: unknown): ModelspineError {
  return new ModelspineError('unavailable', `an error in an answer: ${JSON.stringify(held)}`)
}

function providerOf(name: string, format: Format): ModelProvider {
  const client = createHttpClient({ baseUrl: address })
  return {
    name,
    capabilities: { operations: ['chat'], streaming: true, dialects: [format.codec.dialect] },
    ...chatOverHttp({
      framing: format.framing,
      async begin(request, { abortSignal }, stream) {
        const sent = {
          method: 'POST' as const,
          path: `/${name}/${stream ? 'stream' : 'chat'}`,
          headers: { 'content-type': 'application/json' },
          body: format.print(request, stream),
          abortSignal,
        }
        return {
          codec: format.codec,
          errorOf: failed,
          whole: async () => (await client.request(sent)).text(),
          open: () => client.stream(sent),
        }
      },
    }),
  }
}

const table = createRouteTableHolder({ clock: systemClock })
table.load({
  routes: Object.keys(formats).map((name) =>
    defineRoute({
      metadata: { name },
      spec: { operations: ['chat'], backends: [{ provider: name, model: 'v' }] },
    }),
  ),
  deployments: [],
  providers: Object.fromEntries(
    Object.entries(formats).map(([name, format]) => [name, providerOf(name, format)]),
  ),
  connect: {},
})
const { url } = await createGateway({ router: createRouter({ table }) }).listen({ port: 0 })
serve(url, () => process.cpuUsage())
