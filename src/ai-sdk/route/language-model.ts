import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { systemClock } from '../../clock.ts'
import type { ChatEvent } from '../../provider/contract.ts'
import type { CallOptions, Router } from '../../routing/router.ts'
import { ownName } from '../words/dialect.ts'
import { type ReadRequest, readRequest } from '../words/read-request.ts'
import { AiSdkStreamWriter, openedBy } from '../words/stream-writer.ts'
import { type AnswerFacts, writeReply } from '../words/write-reply.ts'
import { callOptions, type RouteModelOptions, readRouteOptions } from './request-options.ts'
import { type RouteFailureFacts, routeFailure } from './route-call-error.ts'
import { routeMetadata } from './route-metadata.ts'

export interface LanguageModelOptions extends RouteModelOptions {
  /**
   * The addresses that every upstream of the route can fetch itself, as in `LanguageModelV4`. Default: none, so that
   * the AI SDK downloads files and every upstream gets the bytes.
   */
  readonly supportedUrls?: Readonly<Record<string, RegExp[]>>
}

/** One request, ready for the router. */
interface Prepared extends ReadRequest {
  readonly call: CallOptions
  readonly facts: RouteFailureFacts & AnswerFacts
}

/**
 * A route as a model of the AI SDK, for `generateText`, `streamText`, objects, tools and agents. The route decides which
 * deployment and which revision answers, so that a canary's weight reaches the app. `providerMetadata.modelspine` tells
 * which one did (`RouteMetadata`); `providerOptions.modelspine` takes what is known of one request
 * (`RouteRequestOptions`).
 *
 * What an upstream cannot carry is a warning if it is a setting, and the error `unsupported` if it is a part of the
 * prompt. A failed request throws a `RouteCallError`.
 */
export function languageModel(
  router: Pick<Router, 'chat' | 'chatStream'>,
  route: string,
  options: LanguageModelOptions = {},
): LanguageModelV4 {
  const { supportedUrls = {}, ...all } = options

  const prepare = (call: LanguageModelV4CallOptions): Prepared => {
    const requestId = systemClock.id()
    const { abortSignal } = call
    const failure: RouteFailureFacts = { route, requestId, abortSignal }
    try {
      const own = readRouteOptions(call.providerOptions)
      const read = readRequest(call, own.options)
      const timestamp = new Date(systemClock.now())
      const facts = { ...failure, uncarried: read.uncarried, timestamp }
      return { ...read, facts, call: callOptions(call, own, all, requestId) }
    } catch (cause) {
      throw routeFailure(cause, failure)
    }
  }

  return {
    specificationVersion: 'v4',
    provider: ownName,
    modelId: route,
    supportedUrls,
    async doGenerate(given) {
      const { request, call, facts } = prepare(given)
      try {
        const { reply, ...served } = await router.chat(route, request, call)
        const result = writeReply(reply, facts)
        return {
          ...result,
          providerMetadata: { ...result.providerMetadata, ...routeMetadata(route, served) },
        }
      } catch (cause) {
        throw routeFailure(cause, facts)
      }
    },
    async doStream(given) {
      const { request, call, facts } = prepare(given)
      try {
        const { events, ...served } = await router.chatStream(route, request, call)
        const metadata = routeMetadata(route, served)
        const wantsRaw = given.includeRawChunks === true
        const writer = new AiSdkStreamWriter({ ...facts, model: served.model, wantsRaw, metadata })
        // It has come already, unless a guardrail holds it back.
        const first = await events.next()
        const opened = first.done === true ? {} : openedBy(first.value)
        return { ...opened, stream: partsOf(first, events, writer, facts) }
      } catch (cause) {
        throw routeFailure(cause, facts)
      }
    },
  }
}

/** Reads on only when the app does. An error after the first output is a part of the stream, which then ends. */
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
          fail(controller, routeFailure(cause, facts), facts.abortSignal)
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
