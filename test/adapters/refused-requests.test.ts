import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { type ModelProvider, secretOf } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { azureOpenai } from 'modelspine/adapters/azure-openai'
import { bedrock } from 'modelspine/adapters/bedrock'
import { gemini } from 'modelspine/adapters/gemini'
import { openai } from 'modelspine/adapters/openai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { vertexGemini } from 'modelspine/adapters/vertex'
import { fromAiSdk } from 'modelspine/ai-sdk'
import { countTokensOperation, createRouter, type Router, staticRoutes } from 'modelspine/routing'
import { describe, expect, it } from 'vitest'

/** Nothing listens there: what is sent is `unavailable`. */
const nowhere = 'http://127.0.0.1:9'
const apiKey = secretOf('key')
const providers: Readonly<Record<string, ModelProvider>> = {
  'openai-compatible': openaiCompatible({ baseUrl: nowhere }),
  openai: openai({ baseUrl: nowhere, apiKey }),
  'azure-openai': azureOpenai({ endpoint: nowhere, apiKey }),
  anthropic: anthropic({ baseUrl: nowhere, apiKey }),
  gemini: gemini({ baseUrl: nowhere, apiKey }),
  vertex: vertexGemini({
    project: 'my-team',
    location: 'europe-west4',
    endpoint: nowhere,
    credentials: { token: apiKey },
  }),
  bedrock: bedrock({ region: 'eu-west-1', endpoint: nowhere, apiKey }),
  'ai-sdk': fromAiSdk(createOpenAICompatible({ name: 'vendor', baseURL: nowhere })),
}

function routerTo(provider: string): Router {
  const spec = {
    operations: ['chat' as const, 'chat.count-tokens' as const, 'embed' as const],
    backends: [{ provider, model: provider === 'bedrock' ? 'amazon.titan-embed-text-v2:0' : 'm' }],
  }
  return createRouter({ table: staticRoutes({ providers, routes: [{ metadata: { name: 'r' }, spec }] }) })
}

const mistakes = [
  ['messages[0].content', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'txt', text: 'Hi' }] }] }],
  ['messages[0].role', { messages: [{ role: 'usr', content: [{ type: 'text', text: 'Hi' }] }] }],
  ['messages', {}],
] as const

describe.each(Object.keys(providers))('a request that %s cannot mean', (name) => {
  const router = routerTo(name)

  it.each(mistakes)('is the caller’s mistake, by its field: %s', async (field, request) => {
    const refused = { code: 'bad-request', retryable: false, details: { field } }
    await expect(router.chat('r', request as never)).rejects.toMatchObject(refused)
    await expect(router.chatStream('r', request as never)).rejects.toMatchObject(refused)
    if (providers[name]?.countTokens === undefined) return
    await expect(router.run(countTokensOperation, 'r', request as never)).rejects.toMatchObject(refused)
  })

  it.skipIf(providers[name]?.embed === undefined)('is an embedding of a plain text', async () => {
    const asked = router.embed('r', { input: 'Hi' as never })
    await expect(asked).rejects.toMatchObject({ code: 'bad-request', details: { field: 'input' } })
  })
})
