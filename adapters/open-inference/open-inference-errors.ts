import {
  type HttpReply,
  ModelspineError,
  type ProviderFailure,
  rateLimitsOf,
  retryAfterMs,
  scrubStart,
} from 'modelspine/adapter'

/** How many characters are shown of what the server said. */
const longestSaid = 1000

const byStatus: Readonly<Record<number, ProviderFailure>> = {
  401: 'auth',
  403: 'auth',
  404: 'not-found',
  405: 'unsupported',
  408: 'timeout',
  429: 'rate-limited',
  501: 'unsupported',
  502: 'unavailable',
  503: 'overloaded',
  504: 'timeout',
}

export interface OpenInferenceFailureContext {
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  readonly nowMs: number
}

/** Makes a ModelspineError of an answer that is not a prediction. */
export function openInferenceError(
  reply: HttpReply,
  { secrets, nowMs }: OpenInferenceFailureContext,
): ModelspineError {
  const said = scrubStart(errorText(reply), longestSaid, secrets)
  const wait = retryAfterMs(reply.headers, nowMs)
  const rateLimits = rateLimitsOf(reply.headers)
  return new ModelspineError(
    codeOf(reply.status, said),
    `the server answered ${reply.status}${said === '' ? '' : `: ${said}`}`,
    {
      details: { status: reply.status, ...(rateLimits && { rateLimits }) },
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    },
  )
}

/**
 * The protocol defines the body, `{ error }`, and only the status 400. Triton answers 400 for a model that it
 * does not know or has not loaded yet. KServe and MLServer answer 404 and 503. So the message is read, too.
 */
function codeOf(status: number, said: string): ProviderFailure {
  // A redirect, or an answer without content, is not a prediction. The caller cannot fix it.
  if (status < 400) return 'malformed-reply'
  if (status !== 401 && status !== 403) {
    if (/not (yet )?ready|still loading/i.test(said)) return 'not-ready'
    if (status === 400 && /unknown model|model .*not found/i.test(said)) return 'not-found'
  }
  return byStatus[status] ?? (status >= 500 ? 'unavailable' : 'bad-request')
}

function errorText(reply: HttpReply): string {
  const text = reply.text()
  try {
    const body = JSON.parse(text) as { error?: unknown; detail?: unknown } | null
    const said = body?.error ?? body?.detail
    return typeof said === 'string' ? said : text
  } catch {
    return text
  }
}
