import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { streamText } from 'ai'
import { createFallback } from 'ai-fallback'
import { createRetryableModel } from 'ai-retry/language-model'
import { experimental_retryableStreamText as retryableStreamText } from 'ai-retry/stream-text'
import { timeout } from 'ai-retry/stream-text/conditions'
import { fallback } from 'modelspine/ai-sdk'
import { silenceMs, type Upstream } from './scenarios.ts'

export type Contender = 'modelspine' | 'ai-fallback' | 'ai-retry' | 'plain'

type Models = readonly [LanguageModelV4, ...LanguageModelV4[]]
type Stream = Pick<ReturnType<typeof streamText>, 'fullStream'>

export interface Call {
  readonly maxRetries: number
  readonly abortSignal: AbortSignal
}

export interface Instance {
  readonly model: LanguageModelV4
  ask(call: Call): Stream | Promise<Stream>
}

/** How each is set up, as its README says. `plain` is the last model alone. */
const setUps: Readonly<Record<Contender, (models: Models, noticesSilence: boolean) => Instance>> = {
  modelspine: (models, noticesSilence) =>
    below(
      fallback(models, noticesSilence ? { timeouts: { firstOutputMs: silenceMs, idleMs: silenceMs } } : {}),
    ),
  'ai-fallback': (models) => below(createFallback({ models: [...models] })),
  'ai-retry'(models, noticesSilence) {
    const [model, ...retries] = models
    const instance = below(createRetryableModel({ model, retries }))
    return noticesSilence ? { ...instance, ask: (call) => aroundCall(model, retries, call) } : instance
  },
  plain: (models) => below(models.at(-1) ?? models[0]),
}

export function setUp(contender: Contender, models: Models, noticesSilence = false): Instance {
  return setUps[contender](models, noticesSilence)
}

export function modelAt(baseURL: string, upstream: Upstream): LanguageModelV4 {
  return createOpenAICompatible({ baseURL, name: upstream, apiKey: 'not-a-real-key' }).chatModel(upstream)
}

function below(model: LanguageModelV4): Instance {
  return { model, ask: (call) => streamText({ model, prompt: 'Count.', onError: () => {}, ...call }) }
}

/** What ai-retry has for a silence in a stream is not a model, but another `streamText`. */
function aroundCall(
  model: LanguageModelV4,
  retries: readonly LanguageModelV4[],
  call: Call,
): Promise<Stream> {
  return retryableStreamText({
    model,
    prompt: 'Count.',
    onError: () => {},
    timeout: { firstChunkMs: silenceMs, chunkMs: silenceMs },
    retry: retries.map((next) =>
      timeout().switch({ model: next, timeout: { firstChunkMs: silenceMs, chunkMs: silenceMs } }),
    ),
    ...call,
  })
}
