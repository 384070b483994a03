import { type ErrorCode, ModelspineError } from 'modelspine/adapter'
import type { VendorMeaning, VendorWords } from '../vendor-client.ts'
import { type AwsFailure, failureIn, messageIn, streamFailure } from './aws-failure.ts'

/** How an adapter speaks of a service of AWS. */
export interface AwsWords extends Pick<VendorWords, 'vendor' | 'unavailable' | 'oneAttempt'> {
  /** The function that the user called, for a message that says what is missing: `sagemakerTarget`. */
  readonly owner: string
  /** The code for too many requests. Default: that for a service that cannot answer now. */
  readonly throttled?: ErrorCode
  /** The code for what AWS takes for a mistake in the request: `target-refused`. Never retryable. */
  readonly refused: ErrorCode
  /** The code for credentials that may not do this. Default `auth`. Never retryable. */
  readonly denied?: ErrorCode
  /** What an error of this service means, where its kind does not tell. `message` is complete. */
  readonly meaning?: (failure: AwsFailure, message: string) => VendorMeaning | undefined
}

export function vendorWords(words: AwsWords): VendorWords {
  const { vendor, unavailable, oneAttempt = false } = words
  return {
    vendor,
    unavailable,
    oneAttempt,
    said: (reply) => messageIn(reply.text()),
    meaning(reply, said) {
      const failure = failureIn(reply)
      return failure && meaningOf(failure, said, words)
    },
    turnedAway: (reply) => failureIn(reply)?.kind === 'throttled',
  }
}

/** The error that a stream of AWS ended with. `said` has no secrets. `text` is the payload of its message. */
export function streamError(code: string, said: string, words: AwsWords, text = ''): ModelspineError {
  const { code: own, message, details, retryable } = meaningOf(streamFailure(code, text), said, words)
  return new ModelspineError(own, message, {
    ...(details !== undefined && { details }),
    ...(retryable !== undefined && { retryable }),
  })
}

function meaningOf(failure: AwsFailure, said: string, words: AwsWords): VendorMeaning {
  const { code, kind, requestId } = failure
  const message = `${words.vendor}: ${code}${said === '' ? '' : `: ${said}`}`
  const meant = words.meaning?.(failure, message) ?? usual(kind, message, words)
  return { ...meant, details: { reason: code, ...(requestId && { requestId }), ...meant.details } }
}

function usual(kind: AwsFailure['kind'], message: string, words: AwsWords): VendorMeaning {
  const { unavailable, throttled = unavailable, denied = 'auth', refused } = words
  switch (kind) {
    case 'throttled':
      return { code: throttled, message, retryable: true }
    case 'unavailable':
      return { code: unavailable, message, retryable: true }
    case 'denied':
      return { code: denied, message, retryable: false }
    case 'refused':
      return { code: refused, message, retryable: false }
  }
}
