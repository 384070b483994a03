import type { EmbeddingModelV4, EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from '@ai-sdk/provider'
import { ModelspineError } from '../../errors.ts'
import type { Operation } from '../../routing/operations/operation.ts'
import type { AskedModel, ModelCall } from './model-call.ts'
import { modelRouter } from './model-router.ts'
import type { FallbackOptions } from './options.ts'
import { signed } from './part-stream.ts'

const embeddingOperation: Operation<ModelCall<EmbeddingModelV4CallOptions>, EmbeddingModelV4Result> = {
  name: 'ai-sdk.embedding',
  send(provider, call, _model, { abortSignal }) {
    const asked: AskedModel<EmbeddingModelV4> = call.ask(provider, abortSignal)
    const { values } = call.options
    return asked.reply(
      () => asked.model.doEmbed({ ...call.options, abortSignal }),
      ({ embeddings }) => {
        if (embeddings.length === values.length) return
        const message = `the reply has ${embeddings.length} embeddings for ${values.length} values`
        throw new ModelspineError('malformed-reply', message)
      },
    )
  },
  isRepeatable: ({ isFinal }) => !isFinal,
}

/** The embedding models as one. Its provider and its id are those of the first. */
export function embeddingFallback(
  models: readonly EmbeddingModelV4[],
  options: FallbackOptions,
): EmbeddingModelV4 {
  const router = modelRouter(models, embeddingOperation, options)
  const [first] = models as readonly [EmbeddingModelV4, ...EmbeddingModelV4[]]
  return {
    specificationVersion: 'v4',
    provider: first.provider,
    modelId: first.modelId,
    get maxEmbeddingsPerCall() {
      return told(models, (model) => model.maxEmbeddingsPerCall).then(smallest)
    },
    get supportsParallelCalls() {
      return told(models, (model) => model.supportsParallelCalls).then((all) => all.every(Boolean))
    },
    async doEmbed(call) {
      const { reply, told: by } = await router.reply(call)
      return signed(reply, by)
    },
  }
}

/** What the models say of themselves. One that fails to says nothing, because it may be dead. */
async function told<Value>(
  models: readonly EmbeddingModelV4[],
  ask: (model: EmbeddingModelV4) => PromiseLike<Value> | Value,
): Promise<readonly Value[]> {
  const all = await Promise.allSettled(models.map(async (model) => ask(model)))
  return all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}

/** Undefined when no model has a limit. */
function smallest(limits: readonly (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
