import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { secretOf } from 'modelspine/adapter'
import { anthropic } from 'modelspine/adapters/anthropic'
import { azureOpenai } from 'modelspine/adapters/azure-openai'
import { bedrock } from 'modelspine/adapters/bedrock'
import { gemini } from 'modelspine/adapters/gemini'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { openai } from 'modelspine/adapters/openai'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { vertexGemini } from 'modelspine/adapters/vertex'
import { fromAiSdk } from 'modelspine/ai-sdk'
import { anthropicWords } from './anthropic-words.ts'
import { bedrockWords } from './bedrock-words.ts'
import type { FaultyVendor } from './fault-world.ts'
import { geminiWords } from './gemini-words.ts'
import { openInferenceWords } from './open-inference-words.ts'
import { openaiResponsesWords } from './openai-responses-words.ts'
import { openaiWords } from './openai-words.ts'

export const openaiVendor: FaultyVendor = {
  words: openaiWords,
  connect: (url, name) => openaiCompatible({ baseUrl: `${url}/v1`, name }),
}

const key = { reveal: () => 'a key' }

/** OpenAI's responses, for callers of chat completions. */
export const openaiResponsesVendor: FaultyVendor = {
  words: openaiResponsesWords,
  connect: (url, name) => openai({ baseUrl: `${url}/v1`, apiKey: key, api: 'responses', name }),
}

/** Azure's older API, with deployments in its paths. */
export const azureVendor: FaultyVendor = {
  words: openaiWords,
  connect: (url, name) => azureOpenai({ endpoint: url, apiKey: key, apiVersion: '2024-10-21', name }),
}

/** The same vendor, called by a provider package of the AI SDK. */
export const aiSdkVendor: FaultyVendor = {
  words: openaiWords,
  connect(url, name) {
    const vendor = createOpenAICompatible({ name, baseURL: `${url}/v1`, includeUsage: true })
    return fromAiSdk(vendor, { name })
  },
}

export const anthropicVendor: FaultyVendor = {
  words: anthropicWords,
  connect: (baseUrl, name) => anthropic({ baseUrl, name }),
}

export const openInferenceVendor: FaultyVendor = {
  words: openInferenceWords,
  connect: (url, name) => openInferenceProvider({ baseUrl: url, name }),
}

export const geminiVendor: FaultyVendor = {
  words: geminiWords,
  connect: (url, name) => gemini({ baseUrl: `${url}/v1beta`, apiKey: secretOf('key'), name }),
}

/** The same models in Vertex AI. */
export const vertexGeminiVendor: FaultyVendor = {
  words: geminiWords,
  connect(url, name) {
    const credentials = { token: secretOf('token') }
    return vertexGemini({ project: 'p', location: 'global', endpoint: url, credentials, name })
  },
}

export const bedrockVendor: FaultyVendor = {
  words: bedrockWords,
  connect(url, name) {
    const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: secretOf('a-secret-key') }
    return bedrock({ region: 'eu-west-1', endpoint: url, name, credentials, embedForm: () => 'titan-v2' })
  },
}
