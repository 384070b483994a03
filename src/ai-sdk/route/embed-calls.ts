import type { EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from '@ai-sdk/provider'
import { systemClock } from '../../clock.ts'
import type { Router } from '../../routing/router.ts'
import { readEmbed, writeEmbedReply } from '../words/embed.ts'
import { callOptions, type RouteModelOptions, readRouteOptions } from './request-options.ts'
import { routeFailure } from './route-call-error.ts'
import { routeMetadata } from './route-metadata.ts'

/** The embeddings of a route, as the result of a model of the AI SDK. */
export async function embedOn(
  router: Pick<Router, 'embed'>,
  route: string,
  given: EmbeddingModelV4CallOptions,
  all: RouteModelOptions,
): Promise<EmbeddingModelV4Result> {
  const requestId = systemClock.id()
  try {
    const own = readRouteOptions(given.providerOptions)
    const { request, uncarried } = readEmbed(given, own.options)
    const call = callOptions(given, own, all, requestId)
    const { reply, ...served } = await router.embed(route, request, call)
    const result = writeEmbedReply(reply, uncarried)
    return { ...result, providerMetadata: { ...result.providerMetadata, ...routeMetadata(route, served) } }
  } catch (cause) {
    throw routeFailure(cause, { route, requestId, abortSignal: given.abortSignal })
  }
}
