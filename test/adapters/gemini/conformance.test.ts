import { geminiContent, secretOf } from 'modelspine/adapter'
import { gemini } from 'modelspine/adapters/gemini'
import { vertexGemini } from 'modelspine/adapters/vertex'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import type { ScriptedServer } from '../scripted-server.ts'
import { scriptedGemini } from './scripted-gemini.ts'

const chat = `{ "contents":[{"role":"user","parts": [{"text": "A long secret"}]}],
  "safetySettings": [], "x_unknown":{"kept":[1,null,"as it is"]}, "generationConfig" : {"topK": 1e1} }`
const secret = 'AIza-very-secret-0123456789'

const providers = {
  gemini: ({ url }: ScriptedServer) => gemini({ baseUrl: `${url}/v1beta`, apiKey: secretOf(secret) }),
  vertexGemini: ({ url }: ScriptedServer) =>
    vertexGemini({
      project: 'my-team',
      location: 'europe-west4',
      endpoint: url,
      credentials: { token: secretOf(secret) },
    }),
}

for (const [name, open] of Object.entries(providers)) {
  modelProviderConformance({
    name,
    describe,
    it,
    async create() {
      const upstream = await scriptedGemini(secret)
      const provider = open(upstream)
      return {
        subject: {
          provider,
          upstream,
          secret,
          nativeCall: () => ({
            text: chat,
            request: geminiContent.parse(chat, { model: 'public-name', stream: false }).request,
          }),
        },
        async dispose() {
          await upstream.close()
          await provider.close()
        },
      }
    },
  })
}
