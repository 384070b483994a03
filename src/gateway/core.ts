import type { Clock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import type { Actor } from '../resources/metadata.ts'
import type { CallOptions, Router } from '../routing/router.ts'
import type { Logger } from '../telemetry/logger.ts'
import { failureAnswer, failureTeller, HttpFailure } from './failure.ts'
import { type Mounted, mountHandlers } from './mounted-handlers.ts'
import { openInferenceSurface } from './open-inference-surface.ts'
import { openaiSurface } from './openai-surface.ts'
import type { Answer, GatewayRequest, Surface } from './surface.ts'

export interface RequestInfo {
  readonly method: string
  /** The path below the base path, without the query. */
  readonly path: string
}

/**
 * Returns the actor that makes the request, or null for an unknown caller. Header names are in lower case.
 */
export type Authenticate = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  info: RequestInfo,
) => Actor | null | Promise<Actor | null>

export interface CoreOptions {
  readonly router: Router
  readonly clock: Clock
  readonly logger: Logger
  readonly authenticate: Authenticate | undefined
  readonly handlers: Readonly<Record<string, Mounted>>
}

/** Answers every request, from any handler. Never rejects. */
export type Core = (request: GatewayRequest) => Promise<Answer>

/** The caller's own id of the request is kept beside ours if it is one word that fits into logs and headers. */
const usableId = /^[\x21-\x7e]{1,128}$/

export function createCore({ router, clock, logger, authenticate, handlers }: CoreOptions): Core {
  const tell = failureTeller(logger)
  const openInference = openInferenceSurface(router)
  const openai = openaiSurface(router, clock, tell)
  const mounted = mountHandlers(handlers)

  const handle = (request: GatewayRequest, surface: Surface, ids: RequestIds): Answer | Promise<Answer> => {
    const { method, path } = request
    const place = surface.find(path) ?? mounted.get(path)
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
    if (authenticate === undefined || place.open === true) return enter()
    const known = authenticate(request.headers(), { method, path })
    if (known !== null && typeof known === 'object' && 'then' in known) {
      return known.then((actor) => enter(identified(actor)))
    }
    return enter(identified(known))
  }

  return async (request) => {
    const surface = request.path.startsWith('/v1') ? openai : openInference
    const given = request.header('x-request-id')
    const requestId = clock.id()
    const callerId = given !== undefined && usableId.test(given) ? given : undefined
    let answer: Answer
    try {
      answer = await handle(request, surface, { requestId, callerId })
    } catch (error) {
      answer = failureAnswer(error, tell(error, requestId), surface)
    }
    answer.headers['x-request-id'] = callerId ?? requestId
    answer.headers['x-modelspine-request-id'] = requestId
    return answer
  }
}

/**
 * The actor. Throws `unauthenticated` for every other value, also for an undefined or false from a hook that
 * no compiler has checked.
 */
function identified(actor: Actor | null): Actor {
  if (typeof actor?.name === 'string') return actor
  throw new ModelspineError('unauthenticated', 'the credentials are missing or unknown')
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
