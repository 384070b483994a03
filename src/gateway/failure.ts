import { type ErrorCode, isModelspineError } from '../errors.ts'
import type { Answer, ErrorFacts, Surface } from './surface.ts'

/**
 * The HTTP status of each code. An upstream's problem with its credentials or its model is the fault of the
 * gateway and not of the caller, so its status is 502. A code that is not in the table has the status 500.
 */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  'bad-request': 400,
  'context-length': 400,
  'content-filter': 400,
  unsupported: 400,
  unauthenticated: 401,
  'policy-denied': 403,
  'no-route': 404,
  'not-found': 502,
  'body-too-large': 413,
  'rate-limited': 429,
  quota: 429,
  // Web servers log this status for a caller that went away. The caller never sees it.
  aborted: 499,
  auth: 502,
  interrupted: 502,
  'malformed-reply': 502,
  'policy-error': 503,
  'no-backend': 503,
  'not-ready': 503,
  overloaded: 503,
  unavailable: 503,
  stopped: 503,
  timeout: 504,
}

/** An error that exists only in HTTP: an unknown path, a wrong method, a wrong content type. */
export class HttpFailure extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/**
 * The facts that a caller is told about an error. For an error that is not ours: only that the gateway
 * failed.
 */
export function factsOf(error: unknown): ErrorFacts {
  if (error instanceof HttpFailure) {
    const { status, message } = error
    return { status, code: status === 404 ? 'not-found' : 'bad-request', message, field: undefined }
  }
  if (!isModelspineError(error)) {
    return { status: 500, code: 'internal', message: 'the gateway failed', field: undefined }
  }
  const { code, message } = error
  const { field } = error.details
  return {
    status: statuses[code] ?? 500,
    code,
    message,
    field: typeof field === 'string' ? field : undefined,
  }
}

/** Turns any error into an answer in the surface's own form. */
export function failureAnswer(error: unknown, surface: Surface): Answer {
  const facts = factsOf(error)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (error instanceof HttpFailure) Object.assign(headers, error.headers)
  if (facts.status === 401) headers['www-authenticate'] = 'Bearer'
  if (isModelspineError(error)) {
    // Clients that retry by themselves, such as OpenAI's, follow this header.
    headers['x-should-retry'] = String(error.retryable)
    if (error.retryAfterMs !== undefined) {
      headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
    }
  }
  return { status: facts.status, headers, body: surface.errorBody(facts) }
}
