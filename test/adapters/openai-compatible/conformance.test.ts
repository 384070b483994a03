import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedOpenai } from './scripted-openai.ts'

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
        nativeBody: (dialect) =>
          dialect === 'openai-chat'
            ? {
                model: 'public-name',
                messages: [{ role: 'user', content: 'Hi' }],
                logit_bias: { 50256: -100 },
              }
            : { model: 'public-name', input: ['one', 'two'], encoding_format: 'float' },
      },
      async dispose() {
        await upstream.close()
        await provider.close()
      },
    }
  },
})
