import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { Router } from '../../routing/router.ts'
import { ownName } from '../words/dialect.ts'
import type { RouteModelOptions } from './request-options.ts'

export interface LanguageModelOptions extends RouteModelOptions {
  /**
   * The addresses that every upstream of the route can fetch itself, as in `LanguageModelV4`. Default: none, so that
   * the AI SDK downloads files and every upstream gets the bytes.
   */
  readonly supportedUrls?: Readonly<Record<string, RegExp[]>>
}

/**
 * A route as a model of the AI SDK, for `generateText`, `streamText`, objects, tools and agents. The route decides which
 * deployment and which revision answers, so that a canary's weight reaches the app. `providerMetadata.modelspine` tells
 * which one did (`RouteMetadata`); `providerOptions.modelspine` takes what is known of one request
 * (`RouteRequestOptions`).
 *
 * What an upstream cannot carry is a warning if it is a setting, and the error `unsupported` if it is a part of the
 * prompt. A failed request throws a `RouteCallError`.
 */
export function languageModel(
  router: Pick<Router, 'chat' | 'chatStream'>,
  route: string,
  options: LanguageModelOptions = {},
): LanguageModelV4 {
  const { supportedUrls = {}, ...all } = options
  return {
    specificationVersion: 'v4',
    provider: ownName,
    modelId: route,
    supportedUrls,
    // What speaks with the AI SDK is loaded with the first call, because many apps never make one.
    async doGenerate(given) {
      const { generateOn } = await import('./chat-calls.ts')
      return generateOn(router, route, given, all)
    },
    async doStream(given) {
      const { streamOn } = await import('./chat-calls.ts')
      return streamOn(router, route, given, all)
    },
  }
}
