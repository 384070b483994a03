export type { ApiKey } from './api-key.ts'
export {
  type OpenaiCompatibleOptions,
  type OpenaiCompatibleProvider,
  openaiCompatible,
} from './openai-compatible-provider.ts'
