/**
 * The one error class. A code says what happened and never changes its meaning; the message is for people and
 * may change. Recognised by a brand, so that two copies of the package agree on what is a ModelspineError.
 */

const brand = Symbol.for('modelspine.error')

/** Every code, with whether the same call may succeed later without anything being corrected. */
const codes = {
  // What was asked for is wrong.
  'invalid-resource': false,
  'invalid-options': false,
  'invalid-reference': false,
  'not-found': false,
  'in-use': false,
  'policy-denied': false,
  'plan-refused': false,
  'wrong-phase': false,
  // State and its guards.
  conflict: true,
  'fence-stale': false,
  'lease-held': true,
  'store-unavailable': true,
  'store-corrupt': false,
  'store-full': true,
  'audit-unavailable': true,
  'audit-broken': false,
  'secret-not-found': false,
  'secret-unavailable': true,
  // Who was called, and how it failed.
  'registry-unavailable': true,
  'model-not-found': false,
  'target-unavailable': true,
  'target-refused': false,
  'policy-error': true,
  'metric-error': true,
  // How a provider failed a request.
  'rate-limited': true,
  quota: false,
  overloaded: true,
  timeout: true,
  interrupted: true,
  'malformed-reply': true,
  'context-length': false,
  'content-filter': false,
  'bad-request': false,
  'not-ready': true,
  unsupported: false,
  auth: false,
  unavailable: true,
  aborted: false,
  // The gateway's own answers.
  'no-route': false,
  'no-backend': true,
  unauthenticated: false,
  'body-too-large': false,
  stopped: false,
} as const

export type ErrorCode = keyof typeof codes

/** All codes, in the order of the reference page. */
export const errorCodes: readonly ErrorCode[] = Object.keys(codes) as ErrorCode[]

export interface ErrorOptions {
  /** What lies beneath. Kept as it is: whoever wraps a vendor's error scrubs it first. */
  readonly cause?: unknown
  /** Facts for programs: names, numbers, the field at fault. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  /** When the callee said how long to wait, in milliseconds. */
  readonly retryAfterMs?: number
  /** Only where this case differs from what the code usually means. */
  readonly retryable?: boolean
}

export class ModelspineError extends Error {
  override readonly name = 'ModelspineError'
  readonly code: ErrorCode
  /** Whether the same call may succeed later although nobody corrected anything. */
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? codes[code]
    this.details = options.details ?? {}
    this.retryAfterMs = options.retryAfterMs
    Object.defineProperty(this, brand, { value: true })
  }
}

/** True for an error of any copy of this package; with a code, only for that one. */
export function isModelspineError(error: unknown, code?: ErrorCode): error is ModelspineError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as Record<symbol, unknown>)[brand] === true &&
    (code === undefined || (error as ModelspineError).code === code)
  )
}

/** The error itself if it is one of ours, otherwise one of ours around it. */
export function asModelspineError(error: unknown, code: ErrorCode, message: string): ModelspineError {
  if (isModelspineError(error)) return error
  return new ModelspineError(code, `${message}: ${messageOf(error)}`, { cause: error })
}

/** What to print of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Throws `aborted`, with the signal's reason as cause, once the signal has fired. */
export function throwIfAborted(abortSignal: AbortSignal | undefined, what: string): void {
  if (abortSignal?.aborted)
    throw new ModelspineError('aborted', `${what} was aborted`, { cause: abortSignal.reason })
}
