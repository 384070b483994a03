import { type ErrorCode, isModelspineError, ModelspineError, messageOf } from '../../errors.ts'

/** By these the AI SDK knows its errors, so that no copy of it has to be loaded here. */
const markers = ['vercel.ai.error', 'vercel.ai.error.AI_APICallError'].map((name) => Symbol.for(name))

/**
 * The statuses of errors for code that reads a status. Those for which waiting helps are known to be repeated, the
 * others are not.
 */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  'bad-request': 400,
  'context-length': 400,
  'content-filter': 400,
  unsupported: 400,
  quota: 402,
  auth: 401,
  'policy-denied': 403,
  'no-route': 404,
  'not-found': 404,
  'rate-limited': 429,
  interrupted: 502,
  'malformed-reply': 502,
  'no-backend': 503,
  'not-ready': 503,
  overloaded: 503,
  'policy-error': 503,
  unavailable: 503,
  timeout: 504,
}

/** The router does not wait, so that these have not been tried again. */
const waitingHelps: ReadonlySet<ErrorCode> = new Set([
  'rate-limited',
  'overloaded',
  'not-ready',
  'no-backend',
  'policy-error',
])

/**
 * A failed request of a route, as the AI SDK takes it: a ModelspineError that is an `APICallError` of the SDK, too.
 * `isRetryable` is true only where waiting helps. For everything else the router has asked whom it may ask, and
 * the SDK would only ask the same upstreams again.
 */
export class RouteCallError extends ModelspineError {
  readonly url: string
  /** Prompts do not belong in errors. */
  readonly requestBodyValues: undefined
  readonly statusCode: number | undefined
  /** Tells the SDK how long to wait. */
  readonly responseHeaders: Readonly<Record<string, string>> | undefined
  readonly isRetryable: boolean

  constructor(error: ModelspineError, route: string, requestId: string) {
    const { code, message, cause, details, retryAfterMs, retryable } = error
    super(code, message, {
      details: { ...details, route, requestId },
      retryable,
      ...(cause === undefined ? {} : { cause }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    this.url = `modelspine:route/${route}`
    this.statusCode = statuses[code]
    this.responseHeaders =
      retryAfterMs === undefined ? undefined : { 'retry-after-ms': String(Math.ceil(retryAfterMs)) }
    this.isRetryable = waitingHelps.has(code) || (retryable && retryAfterMs !== undefined)
    for (const marker of markers) Object.defineProperty(this, marker, { value: true })
  }
}

/**
 * What the AI SDK is given for a failure. After the caller's abort that is the reason of the abort, as from any other
 * model.
 */
export function routeFailure(cause: unknown, { route, requestId, abortSignal }: RouteFailureFacts): unknown {
  if (isModelspineError(cause, 'aborted') && abortSignal?.aborted === true) return abortSignal.reason
  const error = isModelspineError(cause)
    ? cause
    : new ModelspineError('unavailable', messageOf(cause), { cause })
  return new RouteCallError(error, route, requestId)
}

export interface RouteFailureFacts {
  readonly route: string
  readonly requestId: string
  readonly abortSignal: AbortSignal | undefined
}
