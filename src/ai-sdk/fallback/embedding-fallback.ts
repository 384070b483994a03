import type { EmbeddingModelV4, EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from '@ai-sdk/provider'
import type { Operation } from '../../routing/operations/operation.ts'
import { modelFailure } from '../model-failure.ts'
import { ModelOfSdk, modelRouter, route } from './model-router.ts'
import type { FallbackOptions } from './options.ts'

const embedding: Operation<EmbeddingModelV4CallOptions, EmbeddingModelV4Result> = {
  name: 'ai-sdk.embedding',
  send: (provider, options, _model, { abortSignal }) =>
    provider instanceof ModelOfSdk ? embed(provider.model, { ...options, abortSignal }) : undefined,
}

async function embed(
  model: EmbeddingModelV4,
  options: EmbeddingModelV4CallOptions,
): Promise<EmbeddingModelV4Result> {
  try {
    return await model.doEmbed(options)
  } catch (cause) {
    throw modelFailure(cause, model)
  }
}

/** The embedding models as one. Its provider and its id are those of the first. */
export function embeddingFallback(
  models: readonly EmbeddingModelV4[],
  options: FallbackOptions,
): EmbeddingModelV4 {
  const router = modelRouter(models, embedding.name, options)
  const [first] = models as readonly [EmbeddingModelV4, ...EmbeddingModelV4[]]
  return {
    specificationVersion: 'v4',
    provider: first.provider,
    modelId: first.modelId,
    get maxEmbeddingsPerCall() {
      return smallest(models)
    },
    get supportsParallelCalls() {
      return Promise.all(models.map((model) => model.supportsParallelCalls)).then((all) => all.every(Boolean))
    },
    async doEmbed({ abortSignal, ...call }) {
      const { reply } = await router.run(embedding, route, call, abortSignal && { abortSignal })
      return reply
    },
  }
}

/** Undefined when no model has a limit. */
async function smallest(models: readonly EmbeddingModelV4[]): Promise<number | undefined> {
  const limits = await Promise.all(models.map((model) => model.maxEmbeddingsPerCall))
  const known = limits.filter((limit) => limit !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
