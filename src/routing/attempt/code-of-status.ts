import type { ErrorCode } from '../../errors.ts'

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'not-found',
  405: 'unsupported',
  408: 'timeout',
  413: 'context-length',
  429: 'rate-limited',
  501: 'unsupported',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/** What a status of an upstream means when nobody has read the body. */
export function codeOfStatus(status: number): ErrorCode {
  return codes[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'unavailable')
}
