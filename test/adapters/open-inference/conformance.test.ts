import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedOpenInference } from './scripted-open-inference.ts'

const secret = 'token-very-secret-0123456789'

for (const binary of [false, true]) {
  modelProviderConformance({
    name: `openInferenceProvider with binary: ${binary}`,
    describe,
    it,
    async create() {
      const upstream = await scriptedOpenInference(secret)
      const headers = { authorization: `Bearer ${secret}` }
      const provider = openInferenceProvider({ baseUrl: upstream.url, headers, binary })
      return {
        subject: { provider, upstream, secret },
        async dispose() {
          await upstream.close()
          await provider.close()
        },
      }
    },
  })
}
