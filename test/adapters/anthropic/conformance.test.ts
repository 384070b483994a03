import { anthropicMessages } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedAnthropic } from './scripted-anthropic.ts'

const text = `{ "messages":[{"role":"user","content": "A long secret"}], "model" : "public-name", "max_tokens":9,
  "context_management":{"edits":[ ]}, "big": 9223372036854775807, "x_unknown":{"kept":[1,null,"as it is"]} }`
const secret = 'sk-ant-very-secret-0123456789'

modelProviderConformance({
  name: 'anthropic',
  describe,
  it,
  async create() {
    const upstream = await scriptedAnthropic(secret)
    const provider = anthropic({ baseUrl: upstream.url, apiKey: { reveal: () => secret } })
    return {
      subject: {
        provider,
        upstream,
        secret,
        nativeCall: () => ({ text, request: anthropicMessages.parse(text).request }),
      },
      async dispose() {
        await upstream.close()
        await provider.close()
      },
    }
  },
})
