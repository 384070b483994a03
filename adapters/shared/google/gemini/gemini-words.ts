import type { ProviderFailure } from 'modelspine/adapter'
import type { CodesByStatus } from '../../provider/named-by-status.ts'
import type { GoogleDetail, GoogleFailure } from '../google-failure.ts'
import type { GoogleWords } from '../google-words.ts'

/** What errors of Gemini mean. `vendor` names the service in messages, `owner` the function that the user called. */
export function geminiWords({ vendor, owner }: Pick<GoogleWords, 'vendor' | 'owner'>): GoogleWords {
  return {
    vendor,
    owner,
    unavailable: 'unavailable',
    oneAttempt: true,
    throttled: 'rate-limited',
    refused: 'bad-request',
    meaning(failure, message) {
      const code = codeOf(failure)
      return code && { code, message }
    },
  }
}

const byGoogleStatus: Readonly<Record<string, ProviderFailure>> = {
  NOT_FOUND: 'not-found',
  UNIMPLEMENTED: 'unsupported',
  DEADLINE_EXCEEDED: 'timeout',
  // The model is overloaded, says its message.
  UNAVAILABLE: 'overloaded',
}

/** How many characters of a message are read for its meaning. */
const longestRead = 8000

/** `The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).` */
const tooLong =
  /token count\b.{0,40}\bexceeds|exceeds the maximum number of tokens|input token limit|context (?:length|window)/i
const wrongKey = /API key (?:not valid|expired|not found)/i
/** The free tier is not for every country. The account cannot use the service, and another one may. */
const closed = /location is not supported|billing/i

function codeOf({ status, reason, message, details }: GoogleFailure): ProviderFailure | undefined {
  const said = message.slice(0, longestRead)
  if (status === 'INVALID_ARGUMENT') {
    if (reason === 'API_KEY_INVALID' || wrongKey.test(said)) return 'auth'
    return tooLong.test(said) ? 'context-length' : undefined
  }
  if (status === 'FAILED_PRECONDITION') return closed.test(said) ? 'auth' : undefined
  if (status === 'RESOURCE_EXHAUSTED') return isUsedUp(said, details) ? 'quota' : undefined
  return byGoogleStatus[status]
}

/** A quota of a day, one of zero, or money that is spent. Waiting for a minute does not help then. */
function isUsedUp(message: string, details: readonly GoogleDetail[]): boolean {
  if (/credits are depleted|spending (?:cap|limit)|limit: 0\b/i.test(message)) return true
  const violations = details.flatMap(({ violations: list }) => (Array.isArray(list) ? list : []))
  return violations.some((violation) => {
    const { quotaId, quotaValue } = (violation ?? {}) as {
      readonly quotaId?: unknown
      readonly quotaValue?: unknown
    }
    return /PerDay|PerMonth/.test(String(quotaId)) || quotaValue === '0'
  })
}

/** What a status means, for an answer in which Google names no error, such as one of a proxy. */
export const geminiByStatus: CodesByStatus = {
  400: 'bad-request',
  404: 'not-found',
  408: 'timeout',
  413: 'context-length',
  429: 'rate-limited',
  501: 'unsupported',
  503: 'overloaded',
  504: 'timeout',
}
