import {
  APICallError,
  type LanguageModelV4,
  type LanguageModelV4CallOptions,
  type LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

export const usage = {
  inputTokens: { total: 3, noCache: 2, cacheRead: 1, cacheWrite: undefined },
  outputTokens: { total: 2, text: 1, reasoning: 1 },
  raw: { prompt_tokens: 3 },
}
export const finishReason = { unified: 'stop', raw: 'end_turn' } as const

export const delta = (text: string): LanguageModelV4StreamPart => ({
  type: 'text-delta',
  id: '1',
  delta: text,
})
export const start: LanguageModelV4StreamPart = { type: 'stream-start', warnings: [] }
export const begin: LanguageModelV4StreamPart = { type: 'text-start', id: '1' }
export const finish: LanguageModelV4StreamPart = { type: 'finish', finishReason, usage }
export const answer = (text: string): readonly LanguageModelV4StreamPart[] => [
  start,
  { type: 'response-metadata', id: `${text}-1`, modelId: text },
  begin,
  delta(text),
  { type: 'text-end', id: '1' },
  finish,
]

/** What a model does instead of giving a part: it throws this, or never goes on, or ends the stream. */
export class Throws {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}
export type Act = LanguageModelV4StreamPart | Throws | 'hang'

export interface ScriptedModel extends LanguageModelV4 {
  /** Before there is a stream, or instead of a reply. */
  opening: Throws | 'hang' | undefined
  parts: readonly Act[]
  readonly calls: LanguageModelV4CallOptions[]
  /** How often a stream of it was cancelled. */
  cancelled: number
}

/** A model that follows its script. */
export function scriptedModel(
  name: string,
  more: { opening?: Throws | 'hang'; parts?: readonly Act[] } = {},
): ScriptedModel {
  const { opening, parts = answer(name) } = more
  const open = async (options: LanguageModelV4CallOptions): Promise<void> => {
    model.calls.push(options)
    if (model.opening === 'hang') await untilAborted(options.abortSignal)
    if (model.opening instanceof Throws) throw model.opening.error
  }
  const model: ScriptedModel = {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: name,
    supportedUrls: {},
    opening,
    parts,
    calls: [],
    cancelled: 0,
    async doGenerate(options) {
      await open(options)
      return {
        content: [{ type: 'text', text: name }],
        finishReason,
        usage,
        warnings: [],
        providerMetadata: { scripted: { seed: 1 } },
        response: { id: `${name}-1`, modelId: name, headers: { 'x-model': name } },
      }
    },
    async doStream(options) {
      await open(options)
      const left = [...model.parts]
      const stream = new ReadableStream<LanguageModelV4StreamPart>({
        async pull(controller) {
          const next = left.shift()
          if (next === undefined) return controller.close()
          if (next === 'hang') return await untilAborted(options.abortSignal)
          if (next instanceof Throws) return controller.error(next.error)
          controller.enqueue(next)
        },
        cancel() {
          model.cancelled += 1
        },
      })
      return { stream, request: { body: name }, response: { headers: { 'x-model': name } } }
    },
  }
  return model
}

/** As fetch waits: it rejects with the reason of the abort. */
function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

export function apiError(
  statusCode: number | undefined,
  more: { readonly headers?: Record<string, string>; readonly body?: string; readonly message?: string } = {},
): APICallError {
  return new APICallError({
    message: more.message ?? `status ${statusCode}`,
    url: 'http://127.0.0.1/v1',
    requestBodyValues: { prompt: 'secret plan' },
    ...(statusCode !== undefined && { statusCode }),
    ...(more.headers && { responseHeaders: more.headers }),
    ...(more.body !== undefined && { responseBody: more.body }),
    ...(statusCode === undefined && { isRetryable: true }),
  })
}

export const prompt: LanguageModelV4CallOptions = {
  prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
}

/** All parts of a stream, and the error that ended it. */
export async function partsOf(
  stream: ReadableStream<LanguageModelV4StreamPart>,
): Promise<{ readonly parts: LanguageModelV4StreamPart[]; readonly error?: unknown }> {
  const parts: LanguageModelV4StreamPart[] = []
  try {
    for await (const part of stream) parts.push(part)
    return { parts }
  } catch (error) {
    return { parts, error }
  }
}

/** The same without what a fallback adds, and without metadata that is empty or undefined. */
export function plain<Value>(value: Value): Value {
  const { providerMetadata = {}, ...rest } = value as { providerMetadata?: Record<string, unknown> }
  const { modelspine: _, ...left } = providerMetadata
  const isEmpty = Object.keys(left).length === 0
  return (isEmpty ? rest : { ...rest, providerMetadata: left }) as Value
}
