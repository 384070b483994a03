import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { systemClock } from '../../clock.ts'
import type { ChatEvent } from '../../provider/contract.ts'
import type { Served } from '../../routing/attempt/served.ts'
import type { CallOptions, Router } from '../../routing/router.ts'
import { type ReadRequest, readRequest } from '../words/read-request.ts'
import { AiSdkStreamWriter, openedBy } from '../words/stream-writer.ts'
import { type AnswerFacts, writeReply } from '../words/write-reply.ts'
import { callOptions, type RouteModelOptions, readRouteOptions } from './request-options.ts'
import { type RouteFailureFacts, routeFailure } from './route-call-error.ts'
import { routeMetadata } from './route-metadata.ts'

/** One request, ready for the router. */
interface Prepared extends ReadRequest {
  readonly call: CallOptions
  readonly facts: RouteFailureFacts & AnswerFacts
}

function prepare(route: string, given: LanguageModelV4CallOptions, all: RouteModelOptions): Prepared {
  const requestId = systemClock.id()
  const failure: RouteFailureFacts = { route, requestId, abortSignal: given.abortSignal }
  try {
    const own = readRouteOptions(given.providerOptions)
    const read = readRequest(given, own.options)
    const timestamp = new Date(systemClock.now())
    const facts = { ...failure, uncarried: read.uncarried, timestamp }
    return { ...read, facts, call: callOptions(given, own, all, requestId) }
  } catch (cause) {
    throw routeFailure(cause, failure)
  }
}

/** What no upstream could be told, and what this one was told only about. */
function warningsOf(
  { uncarried }: Pick<AnswerFacts, 'uncarried'>,
  { approximated = [] }: Pick<Served, 'approximated'>,
): readonly SharedV4Warning[] {
  const about = approximated.map(
    ({ field, what }): SharedV4Warning => ({
      type: 'compatibility',
      feature: field,
      details: what,
    }),
  )
  return [...uncarried, ...about]
}

/** A whole reply of a route, as the result of a model of the AI SDK. */
export async function generateOn(
  router: Pick<Router, 'chat'>,
  route: string,
  given: LanguageModelV4CallOptions,
  all: RouteModelOptions,
): Promise<LanguageModelV4GenerateResult> {
  const { request, call, facts } = prepare(route, given, all)
  try {
    const { reply, ...served } = await router.chat(route, request, call)
    const result = writeReply(reply, { ...facts, uncarried: warningsOf(facts, served) })
    return { ...result, providerMetadata: { ...result.providerMetadata, ...routeMetadata(route, served) } }
  } catch (cause) {
    throw routeFailure(cause, facts)
  }
}

/** A stream of a route, as that of a model of the AI SDK. Resolves when the first output has come. */
export async function streamOn(
  router: Pick<Router, 'chatStream'>,
  route: string,
  given: LanguageModelV4CallOptions,
  all: RouteModelOptions,
): Promise<LanguageModelV4StreamResult> {
  const { request, call, facts } = prepare(route, given, all)
  try {
    const { events, ...served } = await router.chatStream(route, request, call)
    const metadata = routeMetadata(route, served)
    const wantsRaw = given.includeRawChunks === true
    const writer = new AiSdkStreamWriter({
      ...facts,
      uncarried: warningsOf(facts, served),
      model: served.model,
      wantsRaw,
      metadata,
    })
    // It has come already, unless a guardrail holds it back.
    const first = await events.next()
    const opened = first.done === true ? {} : openedBy(first.value)
    return { ...opened, stream: partsOf(first, events, writer, facts) }
  } catch (cause) {
    throw routeFailure(cause, facts)
  }
}

/**
 * Reads on only when the app does. An error after the first output is a part of the stream, which then ends. One after the
 * finish is none.
 */
function partsOf(
  first: IteratorResult<readonly ChatEvent[], unknown>,
  events: AsyncIterableIterator<readonly ChatEvent[]>,
  writer: AiSdkStreamWriter,
  facts: RouteFailureFacts,
): ReadableStream<LanguageModelV4StreamPart> {
  let next: typeof first | undefined = first
  return new ReadableStream<LanguageModelV4StreamPart>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const step = next ?? (await events.next())
            next = undefined
            const parts = step.done === true ? writer.end() : writer.write(step.value)
            for (const part of parts) controller.enqueue(part)
            if (step.done === true) controller.close()
            if (step.done === true || parts.length > 0) return
          }
        } catch (cause) {
          if (writer.isFinished) controller.close()
          else fail(controller, routeFailure(cause, facts), facts.abortSignal)
        }
      },
      async cancel() {
        await events.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/** The abort of the caller breaks the stream, as that of any other model. */
function fail(
  controller: ReadableStreamDefaultController<LanguageModelV4StreamPart>,
  error: unknown,
  abortSignal: AbortSignal | undefined,
): void {
  if (abortSignal?.aborted === true) {
    controller.error(error)
    return
  }
  controller.enqueue({ type: 'error', error })
  controller.close()
}
