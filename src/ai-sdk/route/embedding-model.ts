import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { checkNumbers } from '../../http/check-options.ts'
import type { Router } from '../../routing/router.ts'
import { ownName } from '../words/dialect.ts'
import type { RouteModelOptions } from './request-options.ts'

export interface EmbeddingModelOptions extends RouteModelOptions {
  /** The most texts of one request, which every upstream of the route must take. Default 96. */
  readonly maxEmbeddingsPerCall?: number
  /** Whether the AI SDK may make several requests at once. Default: true. */
  readonly supportsParallelCalls?: boolean
}

/**
 * A route as an embedding model of the AI SDK, for `embed` and `embedMany`. As `languageModel` in everything else.
 */
export function embeddingModel(
  router: Pick<Router, 'embed'>,
  route: string,
  options: EmbeddingModelOptions = {},
): EmbeddingModelV4 {
  // Cohere takes 96 texts, and no usual vendor takes fewer.
  const { maxEmbeddingsPerCall = 96, supportsParallelCalls = true, ...all } = options
  checkNumbers({ maxEmbeddingsPerCall })
  return {
    specificationVersion: 'v4',
    provider: ownName,
    modelId: route,
    maxEmbeddingsPerCall,
    supportsParallelCalls,
    // Loaded with the first call, as what speaks of chats.
    async doEmbed(given) {
      const { embedOn } = await import('./embed-calls.ts')
      return embedOn(router, route, given, all)
    },
  }
}
