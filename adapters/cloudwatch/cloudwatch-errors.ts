import { ModelspineError } from 'modelspine/adapter'
import type { AwsWords } from '../shared/aws/aws-words.ts'

/** `metric-error` for what CloudWatch did. */
export function failure(what: string, retryable = true): ModelspineError {
  return new ModelspineError('metric-error', `CloudWatch ${what}`, { retryable })
}

/** A mistake in a query, and credentials that may not read, are not worth a second try. */
export const cloudwatchWords: AwsWords = {
  vendor: 'CloudWatch',
  owner: 'cloudwatchMetrics',
  unavailable: 'metric-error',
  refused: 'metric-error',
  denied: 'metric-error',
  // The next query begins again without a token.
  meaning: ({ code }, message) =>
    code === 'InvalidNextToken' ? { code: 'metric-error', message, retryable: true } : undefined,
}
