import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { fromAiSdk } from 'modelspine/ai-sdk'
import type { FaultyVendor } from './fault-world.ts'
import { openInferenceWords } from './open-inference-words.ts'
import { openaiWords } from './openai-words.ts'

export const openaiVendor: FaultyVendor = {
  words: openaiWords,
  connect: (url, name) => openaiCompatible({ baseUrl: `${url}/v1`, name }),
}

/** The same vendor, called by a provider package of the AI SDK. */
export const aiSdkVendor: FaultyVendor = {
  words: openaiWords,
  connect(url, name) {
    const vendor = createOpenAICompatible({ name, baseURL: `${url}/v1`, includeUsage: true })
    return fromAiSdk(vendor, { name })
  },
}

export const openInferenceVendor: FaultyVendor = {
  words: openInferenceWords,
  connect: (url, name) => openInferenceProvider({ baseUrl: url, name }),
}
