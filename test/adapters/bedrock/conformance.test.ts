import { bedrockConverse, secretOf } from 'modelspine/adapter'
import { type BedrockOptions, bedrock } from 'modelspine/adapters/bedrock'
import { modelProviderConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { scriptedBedrock } from './scripted-bedrock.ts'

const secret = 'FQoGZXIvYXdzEJr-very-secret-0123456789'
const chat = `{ "system":[{"text":"Be brief"} ], "messages":[{"role":"user","content":[ {"text": "A long secret"}]}],
  "inferenceConfig":{"temperature": 1e-1}, "additionalModelRequestFields":{"seed": 9223372036854775807}, "x_unknown":[1.0] }`

const waysToSign: readonly (readonly [name: string, options: BedrockOptions])[] = [
  [
    'signed',
    {
      credentials: {
        accessKeyId: 'AKIATEST',
        secretAccessKey: secretOf('a-secret-key'),
        sessionToken: secretOf(secret),
      },
    },
  ],
  ['with an API key', { apiKey: secretOf(secret) }],
]

for (const [name, options] of waysToSign) {
  modelProviderConformance({
    name: `bedrock, ${name}`,
    describe,
    it,
    async create() {
      const upstream = await scriptedBedrock(secret)
      const embedForm = () => 'cohere-v3' as const
      const provider = bedrock({ region: 'eu-west-1', endpoint: upstream.url, embedForm, ...options })
      return {
        subject: {
          provider,
          upstream,
          secret,
          nativeCall: () => {
            const place = { model: 'public-name', stream: false }
            return { text: chat, request: bedrockConverse.parse(chat, place).request }
          },
        },
        async dispose() {
          await upstream.close()
          await provider.close()
        },
      }
    },
  })
}
