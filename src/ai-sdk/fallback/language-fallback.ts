import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider'
import type { Operation } from '../../routing/operations/operation.ts'
import { modelFailure } from '../model-failure.ts'
import { ModelOfSdk, modelRouter, route } from './model-router.ts'
import type { FallbackOptions } from './options.ts'

/** Parts that came together. The first piece of a stream also tells what the model said of the call. */
interface Piece {
  readonly opened?: Omit<LanguageModelV4StreamResult, 'stream'>
  readonly parts: readonly LanguageModelV4StreamPart[]
}

const quiet: ReadonlySet<string> = new Set(['stream-start', 'response-metadata', 'raw', 'ping'])

const language: Operation<LanguageModelV4CallOptions, LanguageModelV4GenerateResult, Piece> = {
  name: 'ai-sdk.language',
  send: (provider, options, _model, { abortSignal }) =>
    provider instanceof ModelOfSdk ? generate(provider.model, { ...options, abortSignal }) : undefined,
  stream: {
    send: (provider, options, _model, { abortSignal }) =>
      provider instanceof ModelOfSdk ? stream(provider.model, { ...options, abortSignal }) : undefined,
    note({ parts }, notes) {
      for (const { type } of parts) {
        notes.hasOutput ||= !quiet.has(type)
        notes.isComplete ||= type === 'finish'
      }
    },
    end: 'marked',
  },
}

async function generate(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
): Promise<LanguageModelV4GenerateResult> {
  try {
    return await model.doGenerate(options)
  } catch (cause) {
    throw modelFailure(cause, model)
  }
}

async function* stream(model: LanguageModelV4, options: LanguageModelV4CallOptions): AsyncGenerator<Piece> {
  try {
    const { stream: parts, ...opened } = await model.doStream(options)
    yield { opened, parts: [] }
    for await (const part of parts) yield { parts: [part] }
  } catch (cause) {
    throw modelFailure(cause, model)
  }
}

/** The language models as one. Its provider and its id are those of the first. */
export function languageFallback(
  models: readonly LanguageModelV4[],
  options: FallbackOptions,
): LanguageModelV4 {
  const router = modelRouter(models, language.name, options)
  const [first] = models as readonly [LanguageModelV4, ...LanguageModelV4[]]
  return {
    specificationVersion: 'v4',
    provider: first.provider,
    modelId: first.modelId,
    supportedUrls: {},
    async doGenerate({ abortSignal, ...call }) {
      const { reply } = await router.run(language, route, call, abortSignal && { abortSignal })
      return reply
    },
    async doStream({ abortSignal, ...call }) {
      const { events } = await router.open(language, route, call, abortSignal && { abortSignal })
      const begun = await events.next()
      const held = begun.done === true ? [] : [...begun.value.parts]
      const parts = new ReadableStream<LanguageModelV4StreamPart>({
        start(controller) {
          for (const part of held) controller.enqueue(part)
        },
        async pull(controller) {
          const step = await events.next()
          if (step.done === true) controller.close()
          else for (const part of step.value.parts) controller.enqueue(part)
        },
        async cancel() {
          await events.return?.()
        },
      })
      return { ...(begun.done === true ? undefined : begun.value.opened), stream: parts }
    },
  }
}
