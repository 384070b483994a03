export type { ApiKey } from '../shared/provider/api-key.ts'
export {
  type OpenaiCompatibleOptions,
  type OpenaiCompatibleProvider,
  openaiCompatible,
} from './openai-compatible-provider.ts'
