import { afterEach, describe, expect, it } from 'vitest'
import { openaiCompatible } from '../../../../adapters/openai-compatible/index.ts'
import { createGateway } from '../../../../src/gateway/index.ts'
import { envSecrets } from '../../../../src/index.ts'
import { type Moved, routesFromLitellm, routesFromPortkey } from '../../../../src/resources/index.ts'
import { createRouter, staticRoutes } from '../../../../src/routing/index.ts'
import { serveLoopback } from '../../../loopback.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

/** A server that speaks OpenAI's format, and tells the key and the model that it was asked with. */
async function vendor(name: string, status = 200): Promise<string> {
  const { url, close } = await serveLoopback((request, body, response) => {
    const { model } = JSON.parse(body.toString())
    const content = `${name} ${model} ${request.headers.authorization}`
    response.writeHead(status, { 'content-type': 'application/json' })
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }]
    const reply = { id: '1', object: 'chat.completion', created: 0, model, choices }
    response.end(JSON.stringify(status === 200 ? reply : { error: { message: 'away' } }))
  })
  undo.push(close)
  return `${url}/v1`
}

/** What a client of the gateway is answered for a model, with the app's providers made as the pages show. */
function asker({ routes, providers: told }: Moved): (model: string) => Promise<string> {
  const env = envSecrets({
    env: { FIRST_KEY: 'one', SECOND_KEY: 'two', OPENAI_COMPATIBLE_2_API_KEY: 'three' },
  })
  const made = told.map(({ name, adapter, baseUrl, secrets: { apiKey } }) => {
    if (baseUrl === undefined || adapter !== 'openai-compatible') throw new Error(`${name} needs ${adapter}`)
    return openaiCompatible({
      name,
      baseUrl,
      ...(apiKey !== undefined && { apiKey: () => env.resolve(apiKey.slice('env:'.length)) }),
    })
  })
  const providers = Object.fromEntries(made.map((provider) => [provider.name, provider]))
  undo.push(...Object.values(providers).map((provider) => () => provider.close()))
  const gateway = createGateway({ router: createRouter({ table: staticRoutes({ routes, providers }) }) })
  return async (model) => {
    const response = await gateway.fetch(
      new Request('http://localhost/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
      }),
    )
    const body = (await response.json()) as { choices?: { message: { content: string } }[] }
    return body.choices?.[0]?.message.content ?? String(response.status)
  }
}

describe('a gateway over the config of another', () => {
  it('answers the names of LiteLLM, and falls back as it says', async () => {
    const [first, second] = [await vendor('first', 503), await vendor('second')]
    const ask = asker(
      await routesFromLitellm(`
model_list:
  - model_name: GPT-4o
    litellm_params: { model: openai/large, api_base: ${first}, api_key: os.environ/FIRST_KEY }
  - model_name: spare
    litellm_params: { model: openai/org/small, api_base: ${second}, api_key: os.environ/SECOND_KEY }
router_settings:
  fallbacks: [{ GPT-4o: [spare] }]
  model_group_alias: { gpt-4: GPT-4o }
`),
    )
    for (const name of ['GPT-4o', 'gpt-4', 'spare'])
      expect(await ask(name)).toBe('second org/small Bearer two')
    expect(await ask('gpt-5')).toBe('404')
  })

  it('answers the models of Portkey, and falls back as it says', async () => {
    const [first, second] = [await vendor('first', 429), await vendor('second')]
    const moved = await routesFromPortkey(
      {
        strategy: { mode: 'fallback' },
        targets: [
          { provider: 'openai', custom_host: first, api_key: 'os.environ/FIRST_KEY' },
          {
            provider: 'openai',
            custom_host: second,
            api_key: 'sk-in-the-file',
            override_params: { model: 'small' },
          },
        ],
      },
      { models: ['gpt-4o'] },
    )
    expect(await asker(moved)('gpt-4o')).toBe('second small Bearer three')
  })
})
