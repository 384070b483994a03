import { type ErrorCode, ModelspineError } from '../errors.ts'
import { isCredential } from './credentials.ts'
import { scrub, scrubbedCause } from './scrub.ts'

/** How far a call had come. In the phase `connecting`, no part of the call can have reached the server. */
export type CallPhase = 'connecting' | 'sent' | 'answering'

export interface FailedCall {
  readonly method: string
  /** The URL without its query and without user information. */
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
  EAI_AGAIN: 'the host name cannot be resolved at the moment',
  EHOSTUNREACH: 'host unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time limit',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time limit',
  UND_ERR_BODY_TIMEOUT: 'no further part of the answer within the time limit',
  UND_ERR_DESTROYED: 'the client was closed',
  UND_ERR_CLOSED: 'the client was closed',
}

/**
 * Makes a ModelspineError of an error that undici or the system threw. Its code is `unavailable`, `timeout`,
 * `interrupted`, `malformed-reply`, `bad-request` or `auth`.
 */
export function httpError(error: unknown, call: FailedCall): ModelspineError {
  const cause = scrubbedCause(error, call.secrets)
  const code = String((cause as NodeJS.ErrnoException).code ?? '')
  const credential = unsendable(cause, code)
  if (credential !== undefined) {
    const message = `the header ${credential} has a character that no header can have: is there a line feed at its end?`
    return new ModelspineError('auth', message, { details: { phase: call.phase, field: credential } })
  }
  const what = words[code] ?? (cause.message || code || 'failed')
  const meant = codeOf(cause, code, call.phase)
  // Callers of a gateway are told what is wrong with their request, and addresses are not for them.
  const about =
    meant === 'bad-request' ? 'the request cannot be sent' : `${call.method} ${scrub(call.url, call.secrets)}`
  return new ModelspineError(meant, `${about}: ${what}`, {
    cause,
    details: { phase: call.phase, ...(code === '' ? {} : { cause: code }) },
  })
}

/** The name of the header with a credential that undici refused to send. */
function unsendable({ message }: Error, code: string): string | undefined {
  const name = code === 'UND_ERR_INVALID_ARG' ? /^invalid (\S+) header$/.exec(message)?.[1] : undefined
  return name !== undefined && isCredential(name) ? name : undefined
}

function codeOf(cause: Error, code: string, phase: CallPhase): ErrorCode {
  const known = byCode[code]
  if (known !== undefined) return known
  // The parser also reports a body that ended too early. Its errors have no codes, so the message decides.
  const unparsable = cause.name === 'HTTPParserError' && !/EOF/.test(cause.message)
  if (unparsable || /^bad (response|upgrade)$/.test(cause.message)) return 'malformed-reply'
  return phase === 'answering' ? 'interrupted' : 'unavailable'
}

export function abortedError(call: Omit<FailedCall, 'secrets'>, reason: unknown): ModelspineError {
  return new ModelspineError('aborted', `${call.method} ${call.url}: aborted by the caller`, {
    cause: reason,
    details: { phase: call.phase },
  })
}
