import type { ProviderFailure } from 'modelspine/adapter'
import type { GoogleWords } from '../../shared/google/google-words.ts'
import type { CodesByStatus } from '../../shared/provider/named-by-status.ts'

const byGoogleStatus: Readonly<Record<string, ProviderFailure>> = {
  NOT_FOUND: 'not-found',
  UNIMPLEMENTED: 'unsupported',
  DEADLINE_EXCEEDED: 'timeout',
  // Nothing is deployed, or nothing has traffic yet.
  FAILED_PRECONDITION: 'not-ready',
}

export const providerWords: GoogleWords = {
  vendor: 'Vertex',
  owner: 'vertexProvider',
  unavailable: 'unavailable',
  oneAttempt: true,
  throttled: 'rate-limited',
  refused: 'bad-request',
  meaning({ status }, message) {
    const code = byGoogleStatus[status]
    return code && { code, message }
  },
}

/** `rawPredict` passes on what the container answers, which has a status of HTTP and no name of Google's. */
export const byHttpStatus: CodesByStatus = {
  400: 'bad-request',
  404: 'not-found',
  408: 'timeout',
  413: 'bad-request',
  422: 'bad-request',
  429: 'rate-limited',
  501: 'unsupported',
  503: 'overloaded',
  504: 'timeout',
}
