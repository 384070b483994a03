/**
 * The router without a control plane. Two OpenAI-compatible upstreams share the traffic. A third upstream
 * answers when the chosen one fails before it gave any output. Run it with `npm run example --
 * examples/router-only.ts`.
 *
 * The upstreams are small stand-in servers on this machine, so that the example runs anywhere. Replace them
 * with a vendor's base URL and key.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { envSecrets } from 'modelspine'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createRouter, staticRoutes } from 'modelspine/routing'

const healthy = await standIn('healthy', () => 200)
const flaky = await standIn('flaky', (call) => (call % 2 === 0 ? 503 : 200))
const spare = await standIn('spare', () => 200)

const keys = envSecrets({ env: { VENDOR_KEY: 'not-a-real-key' } })
const providers = {
  healthy: openaiCompatible({ baseUrl: healthy.url, apiKey: () => keys.resolve('VENDOR_KEY') }),
  flaky: openaiCompatible({ baseUrl: flaky.url }),
  spare: openaiCompatible({ baseUrl: spare.url }),
}
const table = staticRoutes({
  providers,
  routes: [
    {
      kind: 'ModelRoute',
      metadata: { name: 'assistant' },
      spec: {
        operations: ['chat'],
        backends: [
          { provider: 'healthy', model: 'large', weight: 3 },
          { provider: 'flaky', model: 'large', weight: 1 },
        ],
        fallback: [{ provider: 'spare', model: 'small' }],
        timeouts: { request: '10s' },
      },
    },
  ],
})
const router = createRouter({ table })

for (let question = 1; question <= 12; question += 1) {
  const { reply, attempts } = await router.chat('assistant', {
    messages: [{ role: 'user', content: [{ type: 'text', text: `question ${question}` }] }],
  })
  const said = reply.choices[0]?.content[0]
  const failedOver = attempts > 1 ? ` (attempt ${attempts}: the first one failed)` : ''
  console.log(`${question}: ${said?.type === 'text' ? said.text : '?'}${failedOver}`)
}

await table.close()
for (const provider of Object.values(providers)) await provider.close()
for (const upstream of [healthy, flaky, spare]) upstream.close()

/** A server with just enough of chat completions for this example. */
async function standIn(
  name: string,
  statusOf: (call: number) => number,
): Promise<{ readonly url: string; close(): void }> {
  let calls = 0
  const server = createServer((request, response) => {
    calls += 1
    const status = statusOf(calls)
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          status === 200
            ? {
                id: `${name}-${calls}`,
                object: 'chat.completion',
                created: 0,
                model: name,
                choices: [
                  {
                    index: 0,
                    finish_reason: 'stop',
                    message: { role: 'assistant', content: `answered by ${name}` },
                  },
                ],
              }
            : { error: { message: `${name} is overloaded`, type: 'server_error', param: null, code: null } },
        ),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1`, close: () => server.close() }
}
