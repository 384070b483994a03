import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { systemClock } from '../../clock.ts'
import { checkNumbers } from '../../http/check-options.ts'
import type { Router } from '../../routing/router.ts'
import { ownName } from '../words/dialect.ts'
import { readEmbed, writeEmbedReply } from '../words/embed.ts'
import { callOptions, type RouteModelOptions, readRouteOptions } from './request-options.ts'
import { routeFailure } from './route-call-error.ts'
import { routeMetadata } from './route-metadata.ts'

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
    async doEmbed(given) {
      const requestId = systemClock.id()
      try {
        const own = readRouteOptions(given.providerOptions)
        const { request, uncarried } = readEmbed(given, own.options)
        const { reply, ...served } = await router.embed(
          route,
          request,
          callOptions(given, own, all, requestId),
        )
        const result = writeEmbedReply(reply, uncarried)
        return {
          ...result,
          providerMetadata: { ...result.providerMetadata, ...routeMetadata(route, served) },
        }
      } catch (cause) {
        throw routeFailure(cause, { route, requestId, abortSignal: given.abortSignal })
      }
    },
  }
}
