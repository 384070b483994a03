import assert from 'node:assert/strict'
import { systemClock } from '../../clock.ts'
import { isModelspineError, type ModelspineError } from '../../errors.ts'
import type {
  CallContext,
  ChatEvent,
  ChatEventPart,
  ChatRequest,
  EmbedRequest,
  InferRequest,
} from '../../provider/contract.ts'
import { usualPatienceMs, within } from '../within.ts'
import type { ModelProviderSubject } from './subject.ts'

export const kitModel = 'kit-model'

export const chatRequest: ChatRequest = {
  model: kitModel,
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Say hello' }] }],
}
export const embedRequest: EmbedRequest = { model: kitModel, input: ['one', 'two'] }
export const inferRequest: InferRequest = {
  model: kitModel,
  kind: 'tensors',
  inputs: [{ name: 'pixels', datatype: 'FP32', shape: [2, 2], data: [0, 0.5, 1, 0.25] }],
}

export function contextOf(abortSignal: AbortSignal = new AbortController().signal): CallContext {
  return { requestId: 'kit-request', abortSignal }
}

/** The kit has requests for these. */
const known = ['infer', 'chat', 'embed'] as const

/**
 * The ways to call this provider. A stream counts as one call that is read to its end. An `infer` of bytes only is none,
 * because any bytes are a right answer to it.
 */
export function waysToAsk(
  subject: ModelProviderSubject,
): readonly { readonly name: string; ask(context: CallContext): Promise<unknown> }[] {
  const { provider } = subject
  const ways = known
    .filter((name) => provider.capabilities.operations.includes(name))
    .filter((name) => name !== 'infer' || provider.capabilities.bytesOnly !== true)
    .map((name) => ({
      name,
      ask: (context: CallContext): Promise<unknown> => {
        if (name === 'chat') return provided(provider.chat?.(chatRequest, context), 'chat')
        if (name === 'embed') return provided(provider.embed?.(embedRequest, context), 'embed')
        return provided(provider.infer?.(inferRequest, context), 'infer')
      },
    }))
  if (!provider.capabilities.streaming) return ways
  const streamed = {
    name: 'chatStream' as const,
    ask: async (context: CallContext) => {
      const { error } = await readStream(streamOf(subject, context))
      if (error !== undefined) throw error
    },
  }
  return [...ways, streamed]
}

/** Sends a chat or an embedding. */
export function ask(
  subject: ModelProviderSubject,
  request: ChatRequest | EmbedRequest,
  what: string,
): Promise<unknown> {
  const call =
    'input' in request
      ? subject.provider.embed?.(request, contextOf())
      : subject.provider.chat?.(request, contextOf())
  return soon<unknown>(subject, provided<Promise<unknown>>(call, what), what)
}

export function provided<T>(value: T | undefined, method: string): T {
  assert.ok(value !== undefined, `the provider declares ${method} but has no such method`)
  return value
}

export function streamOf(
  subject: ModelProviderSubject,
  context: CallContext,
): AsyncIterable<readonly ChatEvent[]> {
  return provided(subject.provider.chatStream?.(chatRequest, context), 'chatStream')
}

/** What a stream gave until its end. */
export interface PlayedStream {
  readonly batches: readonly (readonly ChatEvent[])[]
  /** The parts of all events, in order. */
  readonly parts: readonly ChatEventPart[]
  readonly text: string
  /** What it threw at its end. */
  readonly error: unknown
}

export async function readStream(stream: AsyncIterable<readonly ChatEvent[]>): Promise<PlayedStream> {
  const batches: (readonly ChatEvent[])[] = []
  let error: unknown
  try {
    for await (const batch of stream) batches.push(batch)
  } catch (thrown) {
    error = thrown
  }
  const parts = batches.flat().flatMap((event) => event.parts)
  const text = parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
  return { batches, parts, text, error }
}

/** The error of the call, which must be a ModelspineError. */
export async function failureOf(call: Promise<unknown>, what: string): Promise<ModelspineError> {
  const thrown: unknown = await call.then(
    () => assert.fail(`${what}: answered instead of failing`),
    (error: unknown) => error,
  )
  if (thrown instanceof assert.AssertionError) throw thrown
  assert.ok(isModelspineError(thrown), `${what}: threw ${String(thrown)}, which is not a ModelspineError`)
  return thrown
}

/** Rejects when a call neither answers nor fails within the subject's `patienceMs`. */
export async function soon<T>(subject: ModelProviderSubject, promise: Promise<T>, what: string): Promise<T> {
  return within(subject.patienceMs ?? usualPatienceMs, promise, what)
}

/** The time between two looks of `until`. */
const pauseMs = 2

/** Waits until `shown` is true. */
export async function until(
  subject: ModelProviderSubject,
  shown: () => boolean,
  what: string,
): Promise<void> {
  const patienceMs = subject.patienceMs ?? usualPatienceMs
  // Looks are counted, because a machine that lets this process wait says nothing about the subject.
  for (let left = patienceMs / pauseMs; !shown(); left -= 1) {
    assert.ok(left > 0, `${what}: not within ${patienceMs} ms`)
    await new Promise<void>((resolve) => systemClock.schedule(pauseMs, resolve, true))
  }
}
