import type { EmbeddingModelV4, LanguageModelV4, ProviderV4 } from '@ai-sdk/provider'
import { limitPerChoice } from '../../dialects/limit-per-choice.ts'
import { ModelspineError } from '../../errors.ts'
import type { Chat, ModelProvider } from '../../provider/contract.ts'
import { aiSdkDialect, aiSdkEmbedDialect, aiSdkVendor } from '../words/dialect.ts'
import { limitsIn, lowered, withoutBudget } from './capped-options.ts'

/** One model, or how to get the model of a name, such as a provider of the AI SDK has it. */
export type ModelSource<Model> = Model | ((modelId: string) => Model)

/** What `fromAiSdk` makes a provider of. */
export interface AiSdkModels {
  /** For chats. */
  readonly language?: ModelSource<LanguageModelV4>
  /** For embeddings. */
  readonly embedding?: ModelSource<EmbeddingModelV4>
}

/** A provider of the AI SDK, such as `createOpenAI()` gives one. */
export type AiSdkProvider = Pick<ProviderV4, 'specificationVersion' | 'languageModel' | 'embeddingModel'>

export interface FromAiSdkOptions {
  /** The `gen_ai.provider.name`. Default: the model's `provider`, or `ai-sdk` where there are several. */
  readonly name?: string
}

/**
 * Models of the AI SDK as one of our providers, so that every provider package of that ecosystem can stand behind a
 * route. A request that came from the AI SDK is passed on as the same call, and its answer comes back as the same result,
 * to the byte and the object.
 *
 * A single model answers only for its own name (`not-found` for any other); a provider or a function answers for any.
 * Throws `invalid-options` for what is no model of version v4.
 */
export function fromAiSdk(
  models: LanguageModelV4 | EmbeddingModelV4 | AiSdkProvider | AiSdkModels,
  options: FromAiSdkOptions = {},
): ModelProvider {
  const { language, embedding } = sourcesOf(models)
  const name = options.name ?? nameOf(language) ?? nameOf(embedding) ?? aiSdkVendor

  return {
    name,
    capabilities: {
      operations: [...(language ? (['chat'] as const) : []), ...(embedding ? (['embed'] as const) : [])],
      streaming: language !== undefined,
      dialects: [...(language ? [aiSdkDialect] : []), ...(embedding ? [aiSdkEmbedDialect] : [])],
    },
    // What speaks with models is loaded with the first call, because many apps never make one.
    ...(language && {
      async chat(request, context) {
        const { generateBy } = await import('./model-calls.ts')
        return generateBy(() => modelOf(language, request.model), request, context)
      },
      async *chatStream(request, context) {
        const { streamBy } = await import('./model-calls.ts')
        yield* streamBy(() => modelOf(language, request.model), request, context)
      },
      capTokens,
    }),
    ...(embedding && {
      async embed(request, context) {
        const { embedBy } = await import('./model-calls.ts')
        return embedBy(() => modelOf(embedding, request.model), request, context)
      },
    }),
  }
}

/**
 * No field holds more than the cap, neither of the call nor of the options for models. A budget to think with is taken
 * off the cap, and a wish for effort is left out, because some models add what they think to the limit.
 */
function capTokens<Request extends Chat>(request: Request, cap: number): Request {
  const entry = request.options?.[aiSdkVendor]
  const { choices, budget } = limitsIn(entry)
  const answers = Math.max(request.choices ?? 1, choices)
  const limit = limitPerChoice(withoutBudget(cap, budget * answers), answers, request.maxOutputTokens)
  const { reasoningEffort, reasoningTokens, ...rest } = request
  return {
    ...rest,
    maxOutputTokens: limit,
    ...(reasoningEffort === 'none' ? { reasoningEffort } : {}),
    ...(reasoningTokens === 0 ? { reasoningTokens } : {}),
    ...(entry === undefined ? {} : { options: { ...request.options, [aiSdkVendor]: lowered(entry, limit) } }),
  } as unknown as Request
}

interface AnyModel {
  readonly specificationVersion: string
  readonly provider: string
  readonly modelId: string
}

function modelOf<Model extends AnyModel>(source: ModelSource<Model>, name: string): Model {
  const model = typeof source === 'function' ? checked(source(name), `the model "${name}"`) : source
  if (typeof source === 'function' || model.modelId === name) return model
  const message = `this provider has the model "${model.modelId}" and not "${name}"; give fromAiSdk a provider or a function to have several`
  throw new ModelspineError('not-found', message)
}

function nameOf(source: ModelSource<AnyModel> | undefined): string | undefined {
  return source === undefined || typeof source === 'function' ? undefined : source.provider
}

function sourcesOf(models: Parameters<typeof fromAiSdk>[0]): AiSdkModels {
  if ('doStream' in models) return { language: checked(models, 'the model') }
  if ('doEmbed' in models) return { embedding: checked(models, 'the model') }
  if ('languageModel' in models) {
    const provider = checked(models, 'the provider')
    return {
      language: (id) => provider.languageModel(id),
      embedding: (id) => provider.embeddingModel(id),
    }
  }
  const { language, embedding } = models
  if (language === undefined && embedding === undefined) {
    throw new ModelspineError(
      'invalid-options',
      'fromAiSdk got neither a language model nor an embedding model',
    )
  }
  if (typeof language === 'object') checked(language, 'language')
  if (typeof embedding === 'object') checked(embedding, 'embedding')
  return models
}

/** Earlier versions of models have other results. */
function checked<Model extends Pick<AnyModel, 'specificationVersion'>>(model: Model, what: string): Model {
  const version: unknown = model?.specificationVersion
  if (version === 'v4') return model
  const message = `${what} is of version ${String(version)} of the AI SDK's models; fromAiSdk takes v4, of AI SDK 7`
  throw new ModelspineError('invalid-options', message)
}
