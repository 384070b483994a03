import { type ErrorOptions, ModelspineError } from '../../errors.ts'
import { isNotCarried, notCarried } from '../../provider/contract/not-carried.ts'
import type { RoutedRequest } from './routed-request.ts'

/** More attempts than a route may declare are not listed. */
const mostListed = 10

/**
 * The failure of a request as its caller gets it: `details.attempts` says who failed with what, and the message names the
 * provider. A failure that no attempt had is unchanged.
 */
export function withAttempts(
  error: ModelspineError,
  { attempts, stopped }: Pick<RoutedRequest, 'attempts' | 'stopped'>,
): ModelspineError {
  const last = attempts.at(-1)
  const { code, message, details, cause } = error
  if (last?.error !== error || code === 'aborted') return error
  const named = `provider ${last.upstream.identity.provider}`
  const isNamed = stopped === error || `provider ${message}`.includes(`${named} `)
  const words = isNamed ? message : `${named}: ${message}`
  const asked = attempts.slice(-mostListed).map((attempt) => {
    const { provider, model } = attempt.upstream.identity
    return { provider, model, code: attempt.error?.code }
  })
  const options = { ...error, cause, details: { ...details, attempts: asked } } as ErrorOptions
  return isNotCarried(error) ? notCarried(words, options) : new ModelspineError(code, words, options)
}
