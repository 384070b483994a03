/**
 * The door `modelspine/ai-sdk`: models of the AI SDK that fail over, without a control plane;
 * routes as models of the AI SDK, and models of the AI SDK behind routes.
 */

export { fallback } from './fallback/fallback.ts'
export type {
  FallbackAttempt,
  FallbackModel,
  FallbackOptions,
  FallbackTimeouts,
} from './fallback/options.ts'
export {
  type AiSdkModels,
  type AiSdkProvider,
  type FromAiSdkOptions,
  fromAiSdk,
  type ModelSource,
} from './provider/from-ai-sdk.ts'
export { type EmbeddingModelOptions, embeddingModel } from './route/embedding-model.ts'
export { type LanguageModelOptions, languageModel } from './route/language-model.ts'
export type { RouteModelOptions, RouteRequestOptions } from './route/request-options.ts'
export { RouteCallError } from './route/route-call-error.ts'
export type { RouteMetadata } from './route/route-metadata.ts'
