export type { ApiKey } from '../shared/provider/api-key.ts'
export { type AzureOpenaiOptions, azureOpenai } from './azure-openai-provider.ts'
