export type { GeminiProvider } from '../shared/google/gemini/gemini-provider.ts'
export type { ApiKey } from '../shared/provider/api-key.ts'
export { type GeminiOptions, gemini } from './gemini-provider.ts'
