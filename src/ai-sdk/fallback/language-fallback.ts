import type { LanguageModelV4 } from '@ai-sdk/provider'
import { languageOperation } from './language-operation.ts'
import { modelRouter } from './model-router.ts'
import type { FallbackOptions } from './options.ts'
import { partStream, signed } from './part-stream.ts'
import { sharedUrls } from './shared-urls.ts'

/**
 * The language models as one. Its provider and its id are those of the first, which the AI SDK then takes for the model of
 * a reply that does not name its own. So such a reply gets the name of the model that answered.
 */
export function languageFallback(
  models: readonly LanguageModelV4[],
  options: FallbackOptions,
): LanguageModelV4 {
  const router = modelRouter(models, languageOperation, options)
  const [first] = models as readonly [LanguageModelV4, ...LanguageModelV4[]]
  return {
    specificationVersion: 'v4',
    provider: first.provider,
    modelId: first.modelId,
    get supportedUrls() {
      return sharedUrls(models)
    },
    async doGenerate(call) {
      const { reply, told } = await router.reply(call)
      const isNamed = told.model === first.modelId || reply.response?.modelId !== undefined
      return signed(
        isNamed ? reply : { ...reply, response: { ...reply.response, modelId: told.model } },
        told,
      )
    },
    async doStream(call) {
      const { pieces, told } = await router.stream(call)
      const begun = await pieces.next()
      const { opened, parts = [] } = begun.done === true ? {} : begun.value
      return { ...opened, stream: partStream(pieces, parts, told, first.modelId) }
    },
  }
}
