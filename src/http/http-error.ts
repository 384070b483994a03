import { type ErrorCode, ModelspineError } from '../errors.ts'
import { scrubbedCause } from './scrub.ts'

/** How far a call had come. Before `sent`, nothing of it can have reached the server. */
export type CallPhase = 'connecting' | 'sent' | 'answering'

export interface FailedCall {
  readonly method: string
  /** Without query and user information. */
  readonly url: string
  readonly phase: CallPhase
  readonly secrets: readonly string[]
}

const byCode: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'unavailable',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_INVALID_ARG: 'bad-request',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'bad-request',
  UND_ERR_HEADERS_OVERFLOW: 'malformed-reply',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'interrupted',
  UND_ERR_DESTROYED: 'unavailable',
  UND_ERR_CLOSED: 'unavailable',
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host for now',
  EHOSTUNREACH: 'host unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped coming',
  UND_ERR_DESTROYED: 'the client was closed',
  UND_ERR_CLOSED: 'the client was closed',
}

/** What undici or the system threw, as one of ours: `unavailable`, `timeout`, `interrupted`, `malformed-reply`, `bad-request`. */
export function httpError(error: unknown, call: FailedCall): ModelspineError {
  const cause = scrubbedCause(error, call.secrets)
  const code = String((cause as NodeJS.ErrnoException).code ?? '')
  const what = words[code] ?? (cause.message || code || 'failed')
  return new ModelspineError(codeOf(cause, code, call.phase), `${call.method} ${call.url}: ${what}`, {
    cause,
    details: { phase: call.phase, ...(code === '' ? {} : { cause: code }) },
  })
}

function codeOf(cause: Error, code: string, phase: CallPhase): ErrorCode {
  const known = byCode[code]
  if (known !== undefined) return known
  // The parser also complains of a body that ended too early, and gives its complaints no codes.
  const unparsable = cause.name === 'HTTPParserError' && !/EOF/.test(cause.message)
  if (unparsable) return 'malformed-reply'
  return phase === 'answering' ? 'interrupted' : 'unavailable'
}

export function abortedError(call: Omit<FailedCall, 'secrets'>, reason: unknown): ModelspineError {
  return new ModelspineError('aborted', `${call.method} ${call.url}: aborted by the caller`, {
    cause: reason,
    details: { phase: call.phase },
  })
}
