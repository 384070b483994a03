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
  if (last?.error !== error || error.code === 'aborted') return error
  const { code, message, details, cause, retryable, retryAfterMs } = error
  const { provider } = last.upstream.identity
  const isNamed =
    stopped === error || message.startsWith(`${provider} `) || message.includes(`provider ${provider}`)
  const words = isNamed ? message : `provider ${provider}: ${message}`
  const listed = attempts.slice(-mostListed).map(({ upstream: { identity }, error: failure }) => ({
    provider: identity.provider,
    model: identity.model,
    code: failure?.code,
  }))
  const options: ErrorOptions = {
    cause,
    retryable,
    details: { ...details, attempts: listed },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  return isNotCarried(error) ? notCarried(words, options) : new ModelspineError(code, words, options)
}
