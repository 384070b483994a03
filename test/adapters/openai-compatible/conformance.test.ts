import { openaiChat, openaiCompletions, parseOpenaiEmbed } from 'modelspine/adapter'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedOpenai } from './scripted-openai.ts'

const chat = `{ "messages":[{"role":"user","content": "A long secret"}], "model" : "public-name",
  "logit_bias":{"50256": -1e2}, "seed": 9223372036854775807, "x_unknown":{"kept":[1,null,"as it is"]} }`
const completion =
  '{"prompt" : "A long secret","model": "public-name", "echo":false, "seed":9223372036854775807}'
const embed = '{"model": "public-name", "input":["A long secret","two"], "encoding_format":"float", "x": 1.0}'
const secret = 'sk-very-secret-0123456789'

modelProviderConformance({
  name: 'openaiCompatible',
  describe,
  it,
  async create() {
    const upstream = await scriptedOpenai(secret)
    const provider = openaiCompatible({ baseUrl: `${upstream.url}/v1`, apiKey: { reveal: () => secret } })
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
