import type { Clock } from '../clock.ts'
import type { Actor } from '../resources/metadata.ts'
import type { CallOptions, Router } from '../routing/router.ts'
import type { Logger } from '../telemetry/logger.ts'
import { anthropicSurface, isForAnthropic } from './anthropic/anthropic-surface.ts'
import type { Identify } from './callers/authenticate.ts'
import { failureAnswer, failureTeller, HttpFailure } from './failure.ts'
import type { JsonLimits } from './json-limits.ts'
import { type Mounted, mountHandlers } from './mounted-handlers.ts'
import { openInferenceSurface } from './open-inference/open-inference-surface.ts'
import { openaiSurface } from './openai-surface.ts'
import type { Answer, GatewayRequest, Surface } from './surface.ts'

export interface CoreOptions {
  readonly router: Router
  readonly clock: Clock
  readonly logger: Logger
  readonly identify: Identify | undefined
  readonly jsonLimits: JsonLimits
  readonly streamCommentMs: number
  readonly handlers: Readonly<Record<string, Mounted>>
}

/** Answers every request, from any handler. Never rejects. `known` is asked instead of the gateway's own `identify`. */
export type Core = (request: GatewayRequest, known?: Identify) => Promise<Answer>

/** The caller's own id of the request is kept beside ours if it is one word that fits into logs and headers. */
const usableId = /^[\x21-\x7e]{1,128}$/

export function createCore(options: CoreOptions): Core {
  const { router, clock, logger, identify, handlers, jsonLimits, streamCommentMs } = options
  const tell = failureTeller(logger)
  const openInference = openInferenceSurface(router, jsonLimits)
  const chats = { router, clock, tell, limits: jsonLimits, streamCommentMs }
  const openai = openaiSurface(chats)
  const anthropic = anthropicSurface(chats)
  const mounted = mountHandlers(handlers)

  const handle = (
    request: GatewayRequest,
    surface: Surface,
    ids: RequestIds,
    who: Identify | undefined,
  ): Answer | Promise<Answer> => {
    const { method, path } = request
    const place = surface.find(path) ?? mounted.get(path)
    const refusal = place?.probe === true ? undefined : request.refusal
    if (refusal !== undefined) throw refusal
    if (place === undefined) throw new HttpFailure(404, `there is nothing at ${path || 'this path'}`)
    const asked = method === 'HEAD' ? 'GET' : method
    const handler = Object.hasOwn(place.methods, asked) ? place.methods[asked] : undefined
    if (handler === undefined) {
      const allow = Object.keys(place.methods)
        .map((each) => (each === 'GET' ? 'GET, HEAD' : each))
        .join(', ')
      throw new HttpFailure(405, `${path} takes ${allow}, not ${method}`, { allow })
    }
    const enter = (actor?: Actor): Answer | Promise<Answer> =>
      handler({
        request,
        ...ids,
        names: place.names,
        options: () => callOptions(request, ids, actor),
      })
    if (who === undefined || place.open === true || place.probe === true) return enter()
    const actor = who(request)
    return actor instanceof Promise ? actor.then(enter) : enter(actor)
  }

  const surfaceFor = (request: GatewayRequest): Surface => {
    if (!request.path.startsWith('/v1')) return openInference
    return isForAnthropic(request) ? anthropic : openai
  }

  return async (request, known = identify) => {
    const surface = surfaceFor(request)
    const given = request.header('x-request-id')
    const requestId = clock.id()
    const callerId = given !== undefined && usableId.test(given) ? given : undefined
    let answer: Answer
    try {
      answer = await handle(request, surface, { requestId, callerId }, known)
    } catch (error) {
      answer = failureAnswer(error, tell(error, requestId), surface)
    }
    answer.headers['x-request-id'] = callerId ?? requestId
    answer.headers['x-modelspine-request-id'] = requestId
    if (surface.requestIdHeader !== undefined) answer.headers[surface.requestIdHeader] = callerId ?? requestId
    return answer
  }
}

/** Our id of a request, and the one that the caller gave it. */
interface RequestIds {
  readonly requestId: string
  readonly callerId: string | undefined
}

function callOptions(
  request: GatewayRequest,
  { requestId, callerId }: RequestIds,
  actor: Actor | undefined,
): CallOptions {
  const traceparent = request.header('traceparent')
  const tracestate = request.header('tracestate')
  return {
    requestId,
    ...(callerId === undefined ? undefined : { callerId }),
    abortSignal: request.abortSignal,
    ...(actor === undefined ? undefined : { actor }),
    ...(traceparent === undefined
      ? undefined
      : { headers: tracestate === undefined ? { traceparent } : { traceparent, tracestate } }),
  }
}
