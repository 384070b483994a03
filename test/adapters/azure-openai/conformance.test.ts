import { openaiChat, openaiCompletions, parseOpenaiEmbed } from 'modelspine/adapter'
import { azureOpenai } from 'modelspine/adapters/azure-openai'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedOpenai } from '../openai-compatible/scripted-openai.ts'

const chat = `{ "messages":[{"role":"user","content": "A long secret"}], "model" : "public-name",
  "logit_bias":{"50256": -1e2}, "seed": 9223372036854775807, "data_sources":[] }`
const embed = '{"model": "public-name", "input":["A long secret","two"], "encoding_format":"float", "x": 1.0}'
const completion = '{"prompt" : "A long secret","model": "public-name", "echo":false}'
const secret = 'azure-very-secret-0123456789'

modelProviderConformance({
  name: 'azureOpenai, chat completions',
  describe,
  it,
  async create() {
    const upstream = await scriptedOpenai(secret)
    const provider = azureOpenai({ endpoint: upstream.url, apiKey: { reveal: () => secret }, api: 'chat' })
    return {
      subject: {
        provider,
        upstream,
        secret,
        nativeCall: (dialect) => {
          if (dialect === 'openai-chat') return { text: chat, request: openaiChat.parse(chat).request }
          if (dialect === 'openai-completions') {
            return { text: completion, request: openaiCompletions.parse(completion).request }
          }
          return { text: embed, request: parseOpenaiEmbed(embed) }
        },
      },
      async dispose() {
        await upstream.close()
        await provider.close()
      },
    }
  },
})
