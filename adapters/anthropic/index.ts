export type { ApiKey } from '../shared/provider/api-key.ts'
export { type AnthropicOptions, type AnthropicProvider, anthropic } from './anthropic-provider.ts'
