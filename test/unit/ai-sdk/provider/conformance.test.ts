import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { modelProviderConformance } from 'modelspine/testing'
import { Agent, fetch as fetchWith } from 'undici'
import { describe, it } from 'vitest'
import { fromAiSdk } from '../../../../src/ai-sdk/index.ts'
import { readEmbed } from '../../../../src/ai-sdk/words/embed.ts'
import { readRequest } from '../../../../src/ai-sdk/words/read-request.ts'
import type { ChatRequest, EmbedRequest } from '../../../../src/provider/contract.ts'
import { scriptedOpenai } from '../../../adapters/openai-compatible/scripted-openai.ts'

/** Nobody gives the key to `fromAiSdk`, so that it hides only keys of known forms. */
const secret = 'sk-Very-Secret-0123456789'
const model = 'public-name'

/** A connection that is kept may be closed by the server just before the next call. */
const unkept = ((url: string, init: object) =>
  fetchWith(url, { ...init, dispatcher: new Agent({ pipelining: 0 }) })) as unknown as typeof fetch

const chatCall: LanguageModelV4CallOptions = {
  prompt: [
    { role: 'system', content: 'A short secret' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'A long secret' },
        { type: 'file', mediaType: 'image/png', data: { type: 'data', data: Uint8Array.of(1, 2, 3) } },
      ],
    },
  ],
  topK: 3,
  frequencyPenalty: 0.5,
  providerOptions: { vendor: { logitBias: { 50256: -100 } } },
}
const embedCall = { values: ['A long secret', 'two'], providerOptions: { vendor: { user: 'me' } } }

/** What the AI SDK itself sends for a call. */
async function sentFor(dialect: string): Promise<string> {
  let text = ''
  const vendor = createOpenAICompatible({
    name: 'vendor',
    baseURL: 'http://127.0.0.1:1/v1',
    fetch: async (_url, init) => {
      text = String(init?.body)
      throw new Error('only looking')
    },
  })
  const sent =
    dialect === 'ai-sdk-v4'
      ? vendor.chatModel(model).doGenerate(chatCall)
      : vendor.embeddingModel(model).doEmbed(embedCall)
  await Promise.resolve(sent).catch(() => {})
  return text
}

const [chatText, embedText] = [await sentFor('ai-sdk-v4'), await sentFor('ai-sdk-embeddings-v4')]

modelProviderConformance({
  name: 'fromAiSdk over @ai-sdk/openai-compatible',
  describe,
  it,
  async create() {
    const upstream = await scriptedOpenai(secret)
    const vendor = createOpenAICompatible({
      name: 'vendor',
      baseURL: `${upstream.url}/v1`,
      apiKey: secret,
      includeUsage: true,
      fetch: unkept,
    })
    const provider = fromAiSdk({
      language: (id) => vendor.chatModel(id),
      embedding: (id) => vendor.embeddingModel(id),
    })
    return {
      subject: {
        provider,
        upstream,
        secret,
        nativeCall: (dialect) => {
          if (dialect === 'ai-sdk-v4') {
            const request: ChatRequest = { ...readRequest(chatCall).request, model }
            return { text: chatText, request }
          }
          const request: EmbedRequest = { ...readEmbed(embedCall).request, model }
          return { text: embedText, request }
        },
      },
      dispose: () => upstream.close(),
    }
  },
})
