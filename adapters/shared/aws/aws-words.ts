import { ModelspineError } from 'modelspine/adapter'
import { type CloudWords, meaningOfKind } from '../cloud-words.ts'
import type { VendorMeaning, VendorWords } from '../vendor-client.ts'
import { type AwsFailure, failureIn, messageIn, streamFailure } from './aws-failure.ts'

/** How an adapter speaks of a service of AWS. */
export interface AwsWords extends Omit<CloudWords<AwsFailure>, 'conflict'> {}

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
  const meant = words.meaning?.(failure, message) ?? meaningOfKind(kind, message, words)
  return { ...meant, details: { reason: code, ...(requestId && { requestId }), ...meant.details } }
}
