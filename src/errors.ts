/**
 * The one error class. A code says what happened, and its meaning never changes. The message is for people
 * and may change. A brand marks the errors, so that two copies of the package recognise each other's
 * ModelspineError.
 */

const brand = Symbol.for('modelspine.error')

/** Every code. `true` means: the same call may succeed later, although nothing was corrected. */
const codes = {
  // The caller asked for something wrong.
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
  'fence-foreign': false,
  'lease-held': true,
  'store-unavailable': true,
  'store-corrupt': false,
  'store-full': true,
  'status-newer': false,
  'audit-unavailable': true,
  'audit-broken': false,
  'secret-not-found': false,
  'secret-unavailable': true,
  // A registry, target, policy engine or metric source failed.
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
  /** The underlying error. It is kept unchanged, so scrub a vendor's error before you wrap it. */
  readonly cause?: unknown
  /** Facts for programs: names, numbers, the field at fault. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
  /** How long to wait, in milliseconds, if the called side said so. */
  readonly retryAfterMs?: number
  /** Only when this case differs from the default of its code. */
  readonly retryable?: boolean
}

export class ModelspineError extends Error {
  override readonly name = 'ModelspineError'
  readonly code: ErrorCode
  /** Whether the same call may succeed later, although nothing was corrected. */
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

/**
 * True for a ModelspineError of any copy of this package. With `code`, true only for an error of that code.
 */
export function isModelspineError(error: unknown, code?: ErrorCode): error is ModelspineError {
  return (
    typeof error === 'object' &&
    error !== null &&
    (error as Record<symbol, unknown>)[brand] === true &&
    (code === undefined || (error as ModelspineError).code === code)
  )
}

/** Returns a ModelspineError unchanged, and wraps any other error in one. */
export function asModelspineError(error: unknown, code: ErrorCode, message: string): ModelspineError {
  if (isModelspineError(error)) return error
  return new ModelspineError(code, `${message}: ${messageOf(error)}`, { cause: error })
}

/** The text to print for any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Throws `aborted` if `abortSignal` has fired. The cause is the reason of the abort. */
export function throwIfAborted(abortSignal: AbortSignal | undefined, what: string): void {
  if (abortSignal?.aborted)
    throw new ModelspineError('aborted', `${what} was aborted`, { cause: abortSignal.reason })
}

/**
 * The answer, or the error of `aborted` as soon as the signal fires. What is waited for goes on, for others who wait
 * for it too. When it fails after that, nobody hears of it.
 */
export function unlessAborted<Answer>(
  answer: Promise<Answer>,
  abortSignal: AbortSignal | undefined,
  aborted: (reason: unknown) => Error,
): Promise<Answer> {
  if (abortSignal === undefined) return answer
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(aborted(abortSignal.reason))
    if (abortSignal.aborted) onAbort()
    else abortSignal.addEventListener('abort', onAbort, { once: true })
    const over = (): void => abortSignal.removeEventListener('abort', onAbort)
    answer.then(
      (given) => {
        over()
        resolve(given)
      },
      (error: unknown) => {
        over()
        reject(error)
      },
    )
  })
}
