export type { GeminiProvider } from '../shared/google/gemini/gemini-provider.ts'
export type { GoogleAuthClient, GoogleCredentialsOption } from '../shared/google/google-credentials.ts'
export { type VertexGeminiOptions, vertexGemini } from './gemini/vertex-gemini.ts'
export {
  connectVertex,
  type VertexCalls,
  type VertexProvider,
  type VertexProviderOptions,
  vertexProvider,
} from './provider/vertex-provider.ts'
export type {
  VertexContainer,
  VertexModelLabels,
  VertexRegistryOptions,
} from './registry/registry-options.ts'
export { type VertexRegistry, vertexRegistry } from './registry/vertex-registry.ts'
export { deployedModelIdOf, endpointIdOf } from './target/target-names.ts'
export type { VertexTargetOptions } from './target/target-options.ts'
export type { VertexSettings } from './target/target-settings.ts'
export { type VertexTarget, vertexTarget } from './target/vertex-target.ts'
export type { VertexConnection } from './vertex-client.ts'
