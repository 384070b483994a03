import { ModelspineError } from 'modelspine/adapter'
import { type CloudWords, meaningOfKind } from '../cloud-words.ts'
import type { VendorMeaning, VendorWords } from '../vendor-client.ts'
import { failureIn, type GoogleFailure } from './google-failure.ts'

/** How an adapter speaks of a service of Google. */
export interface GoogleWords extends CloudWords<GoogleFailure> {}

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
  const meant = words.meaning?.(failure, message) ?? meaningOfKind(kind, message, words)
  return {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...meant,
    details: { reason: status, ...(reason !== undefined && { cause: reason }), ...meant.details },
  }
}
