export type { ApiKey } from '../shared/provider/api-key.ts'
export { type OpenaiOptions, openai } from './openai-provider.ts'
