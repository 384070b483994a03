import type { ProviderFailure } from '../contract.ts'

/** The statuses that have a meaning of their own. */
export const codesOfStatus: Readonly<Record<number, ProviderFailure>> = {
  400: 'bad-request',
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'not-found',
  405: 'unsupported',
  408: 'timeout',
  413: 'context-length',
  422: 'bad-request',
  429: 'rate-limited',
  501: 'unsupported',
  502: 'unavailable',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/** What a status of an upstream means when nobody has read the body. */
export function codeOfStatus(status: number): ProviderFailure {
  return codesOfStatus[status] ?? (status >= 400 && status < 500 ? 'bad-request' : 'unavailable')
}
