import { openaiCompletions, openaiResponses, parseOpenaiEmbed } from 'modelspine/adapter'
import { openai } from 'modelspine/adapters/openai'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedResponses } from './scripted-responses.ts'

const response = `{ "input":[{"role":"user","content": "A long secret"}], "model" : "public-name",
  "metadata":{"a": "b"}, "x_number": 9223372036854775807, "x_unknown":{"kept":[1,null,"as it is"]} }`
const embed = '{"model": "public-name", "input":["A long secret","two"], "encoding_format":"float", "x": 1.0}'
const completion = '{"prompt" : "A long secret","model": "public-name", "echo":false}'
const secret = 'sk-very-secret-0123456789'

modelProviderConformance({
  name: 'openai, responses',
  describe,
  it,
  async create() {
    const upstream = await scriptedResponses(secret)
    const provider = openai({
      baseUrl: `${upstream.url}/v1`,
      apiKey: { reveal: () => secret },
      api: 'responses',
    })
    return {
      subject: {
        provider,
        upstream,
        secret,
        nativeCall: (dialect) => {
          if (dialect === 'openai-responses') {
            return { text: response, request: openaiResponses.parse(response).request }
          }
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
