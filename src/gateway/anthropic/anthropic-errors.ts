import type { ErrorFacts } from '../surface.ts'

/** The word of each status, where no code says more. */
const byStatus: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
}

/** Anthropic has a status of its own for what HTTP calls 503, and its clients have a class for it. */
export function anthropicStatus({ status, code }: Pick<ErrorFacts, 'status' | 'code'>): number {
  return code === 'overloaded' ? 529 : status
}

/** The error as `{ type: 'error', error: { type, message, details } }`. It is also sent as an event of a stream. */
export function anthropicErrorBody(facts: ErrorFacts): string {
  const { code, message, vendorCode, field } = facts
  const details = { error_code: vendorCode ?? codeOf(code, field), ...(field !== undefined && { field }) }
  return JSON.stringify({
    type: 'error',
    error: { type: typeOf(facts), message, details },
    request_id: null,
  })
}

/** The error as the last event of a stream. */
export function anthropicErrorEvent(error: ErrorFacts): string {
  return `event: error\ndata: ${anthropicErrorBody(error)}\n\n`
}

function typeOf({ status, code }: ErrorFacts): string {
  if (code === 'overloaded') return 'overloaded_error'
  return byStatus[status] ?? (status < 500 && status !== 406 ? 'invalid_request_error' : 'api_error')
}

/**
 * The client's loop of tools lets the vendor keep the conversation (`thread`). Other vendors do not, and with this word the
 * client sends the whole conversation itself.
 */
function codeOf(code: string, field: string | undefined): string {
  return code === 'unsupported' && field === 'thread' ? 'thread_unsupported_request' : code
}
