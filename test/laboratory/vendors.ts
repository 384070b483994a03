import { openInferenceProvider } from 'modelspine/adapters/open-inference'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import type { FaultyVendor } from './fault-world.ts'
import { openInferenceWords } from './open-inference-words.ts'
import { openaiWords } from './openai-words.ts'

export const openaiVendor: FaultyVendor = {
  words: openaiWords,
  connect: (url, name) => openaiCompatible({ baseUrl: `${url}/v1`, name }),
}

export const openInferenceVendor: FaultyVendor = {
  words: openInferenceWords,
  connect: (url, name) => openInferenceProvider({ baseUrl: url, name }),
}
