import { type ErrorCode, ModelspineError } from 'modelspine/adapter'
import type { VendorMeaning, VendorWords } from '../vendor-client.ts'
import { failureIn, type GoogleFailure } from './google-failure.ts'

/** How an adapter speaks of a service of Google. */
export interface GoogleWords extends Pick<VendorWords, 'vendor' | 'unavailable' | 'oneAttempt'> {
  /** The function that the user called, for a message that says what is missing: `vertexTarget`. */
  readonly owner: string
  /** The code for a quota that is used up. Default: that for a service that cannot answer now. */
  readonly throttled?: ErrorCode
  /** The code for a change of somebody else's in between. Default: that for a service that cannot answer now. */
  readonly conflict?: ErrorCode
  /** The code for what Google takes for a mistake in the request: `target-refused`. Never retryable. */
  readonly refused: ErrorCode
  /** The code for credentials that may not do this. Default `auth`. Never retryable. */
  readonly denied?: ErrorCode
  /** What an error of this service means, where its kind does not tell. `message` is complete. */
  readonly meaning?: (failure: GoogleFailure, message: string) => VendorMeaning | undefined
}

export function vendorWords(words: GoogleWords): VendorWords {
  const { vendor, unavailable, oneAttempt = false } = words
  return {
    vendor,
    unavailable,
    oneAttempt,
    said: (reply) => failureIn(reply)?.message || undefined,
    meaning(reply, said) {
      const failure = failureIn(reply)
      return failure && meaningOf(failure, said, words)
    },
    turnedAway(reply) {
      const failure = failureIn(reply)
      return failure?.reason === 'RATE_LIMIT_EXCEEDED' && failure.retryAfterMs === undefined
    },
  }
}

/** What an error within an answer means, such as that of an operation. */
export function googleError(failure: GoogleFailure, words: GoogleWords): ModelspineError {
  const { code, message, ...options } = meaningOf(failure, failure.message, words)
  return new ModelspineError(code, message, options)
}

function meaningOf(failure: GoogleFailure, said: string, words: GoogleWords): VendorMeaning {
  const { status, kind, reason, retryAfterMs } = failure
  const message = `${words.vendor}: ${status}${said === '' ? '' : `: ${said}`}`
  const meant = words.meaning?.(failure, message) ?? usual(kind, message, words)
  return {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...meant,
    details: { reason: status, ...(reason !== undefined && { cause: reason }), ...meant.details },
  }
}

function usual(kind: GoogleFailure['kind'], message: string, words: GoogleWords): VendorMeaning {
  const { unavailable, throttled = unavailable, conflict = unavailable, denied = 'auth', refused } = words
  switch (kind) {
    case 'throttled':
      return { code: throttled, message, retryable: true }
    case 'conflict':
      return { code: conflict, message, retryable: true }
    case 'unavailable':
      return { code: unavailable, message, retryable: true }
    case 'denied':
      return { code: denied, message, retryable: false }
    case 'refused':
      return { code: refused, message, retryable: false }
  }
}
