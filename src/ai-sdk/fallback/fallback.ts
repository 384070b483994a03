import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import { type AnyModel, checkFallback } from './check-fallback.ts'
import { embeddingFallback } from './embedding-fallback.ts'
import { languageFallback } from './language-fallback.ts'
import type { FallbackOptions } from './options.ts'

/**
 * One model for the AI SDK that asks these models in their order until one answers. Failover happens before the first
 * output only. Attempts belong to their request, so requests at the same time do not disturb each other. Throws
 * `invalid-options` for an empty list, for models of two kinds, and for an option that cannot be meant.
 */
export function fallback(models: readonly LanguageModelV4[], options?: FallbackOptions): LanguageModelV4
export function fallback(models: readonly EmbeddingModelV4[], options?: FallbackOptions): EmbeddingModelV4
export function fallback(models: readonly AnyModel[], options: FallbackOptions = {}): AnyModel {
  checkFallback(models, options)
  return areLanguageModels(models)
    ? languageFallback(models, options)
    : embeddingFallback(models as readonly EmbeddingModelV4[], options)
}

function areLanguageModels(models: readonly AnyModel[]): models is readonly LanguageModelV4[] {
  return models.every((model) => 'doStream' in model)
}
