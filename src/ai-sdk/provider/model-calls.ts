import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import { systemClock } from '../../clock.ts'
import { Carriage } from '../../dialects/carriage.ts'
import { type ModelspineError, unlessAborted } from '../../errors.ts'
import { checkChat, checkEmbed } from '../../provider/check-chat.ts'
import type {
  CallContext,
  ChatEvent,
  ChatReply,
  ChatRequest,
  EmbedReply,
  EmbedRequest,
} from '../../provider/contract.ts'
import type { NativeCall } from '../words/dialect.ts'
import { readEmbedReply, writeEmbed } from '../words/embed.ts'
import { readReply } from '../words/read-reply.ts'
import { aiSdkTitle, writeRequest } from '../words/write-request.ts'
import { modelStream } from './model-stream.ts'
import { tellWarnings } from './told-warnings.ts'
import { upstreamFailure } from './upstream-failure.ts'

/** Asks a model for a whole reply. `modelOf` gives the model, and may throw. */
export function generateBy(
  modelOf: () => LanguageModelV4,
  request: ChatRequest,
  context: CallContext,
): Promise<ChatReply> {
  return calling(request.model, context, async (abortSignal) => {
    const model = modelOf()
    const call = withHeaders(callOf(model, request, context), context)
    const result = await model.doGenerate({ ...call, abortSignal })
    tellWarnings(result.warnings, context.translation)
    return readReply(result, request.model)
  })
}

/** Asks a model for a stream. */
export function streamBy(
  modelOf: () => LanguageModelV4,
  request: ChatRequest,
  context: CallContext,
): AsyncGenerator<readonly ChatEvent[]> {
  const { abortSignal } = context
  const failureOf = (thrown: unknown, hasBegun: boolean): ModelspineError =>
    upstreamFailure(thrown, { model: request.model, abortSignal, hasBegun, nowMs: systemClock.now() })
  try {
    const model = modelOf()
    const call = withHeaders(callOf(model, request, context), context)
    return modelStream(model, call, context, failureOf)
  } catch (thrown) {
    throw failureOf(thrown, false)
  }
}

/** Asks a model for embeddings. */
export function embedBy(
  modelOf: () => EmbeddingModelV4,
  request: EmbedRequest,
  context: CallContext,
): Promise<EmbedReply> {
  return calling(request.model, context, async (abortSignal) => {
    checkEmbed(request)
    new Carriage(aiSdkTitle, context.translation).unread(request)
    const model = modelOf()
    const result = await model.doEmbed({ ...withHeaders(writeEmbed(request), context), abortSignal })
    return readEmbedReply(result, request.model, request.input.length)
  })
}

/** A call for a whole reply. It ends at the abort, also when the model goes on. */
async function calling<Reply>(
  model: string,
  { abortSignal }: CallContext,
  call: (abortSignal: AbortSignal) => Promise<Reply>,
): Promise<Reply> {
  const failureOf = (thrown: unknown): ModelspineError =>
    upstreamFailure(thrown, { model, abortSignal, hasBegun: false, nowMs: systemClock.now() })
  if (abortSignal.aborted) throw failureOf(abortSignal.reason)
  try {
    return await unlessAborted(call(abortSignal), abortSignal, failureOf)
  } catch (thrown) {
    throw failureOf(thrown)
  }
}

function withHeaders<Call extends { headers?: Record<string, string | undefined> }>(
  call: Call,
  { headers }: CallContext,
): Call {
  return headers === undefined ? call : { ...call, headers: { ...call.headers, ...headers } }
}

function callOf(model: LanguageModelV4, request: ChatRequest, { translation }: CallContext): NativeCall {
  checkChat(request)
  return writeRequest(request, model.provider, new Carriage(aiSdkTitle, translation))
}
