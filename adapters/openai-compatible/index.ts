export type { ApiKey } from '../shared/provider/api-key.ts'
export { type KnownServer, knownServers } from './known-servers.ts'
export {
  type OpenaiCompatibleOptions,
  type OpenaiCompatibleProvider,
  openaiCompatible,
} from './openai-compatible-provider.ts'
export type { ServerLack, ServerQuirks } from './server-quirks.ts'
