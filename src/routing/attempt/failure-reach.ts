import { type ErrorCode, isModelspineError, ModelspineError } from '../../errors.ts'
import { cleanCause, hideCredentials } from '../../http/credentials.ts'
import type { Upstream } from '../table/route.ts'

/** How far a failure reaches. The reach decides which other upstreams may still be asked. */
export type Reach =
  /** Every other upstream would give the same answer, or the caller no longer waits for an answer. */
  | 'request'
  /** All upstreams that use the same credentials. */
  | 'source'
  /** All upstreams that serve the same model. */
  | 'model'
  /** Only the upstream that was asked. */
  | 'upstream'

const reaches: Readonly<Partial<Record<ErrorCode, Reach>>> = {
  'bad-request': 'request',
  'content-filter': 'request',
  aborted: 'request',
  'context-length': 'model',
  auth: 'source',
  quota: 'source',
  'secret-not-found': 'source',
  'not-found': 'upstream',
  unsupported: 'upstream',
}

/**
 * A code that is not in the table reaches only the failed upstream if the error is retryable. If the error is
 * not retryable, the code reaches the whole request.
 */
export function reachOf(error: ModelspineError): Reach {
  return reaches[error.code] ?? (error.retryable ? 'upstream' : 'request')
}

/**
 * Whether `other` may be asked after this upstream failed. An upstream that has moved to another address since
 * then may be asked again.
 */
export function isBeyond({ upstream: failed, error }: Failed, other: Upstream): boolean {
  const reach = reachOf(error)
  if (reach === 'request') return false
  if (other.id === failed.id && other.connection === failed.connection) return false
  if (reach === 'source') return other.source !== failed.source
  if (reach === 'model') return other.modelIdentity !== failed.modelIdentity
  return true
}

interface Failed {
  readonly upstream: Upstream
  readonly error: ModelspineError
}

/** A provider must throw only a ModelspineError. If it throws something else, it counts as unavailable. */
export function failureOf(cause: unknown, upstream: Upstream): ModelspineError {
  if (isModelspineError(cause)) return cause
  const message = `provider ${upstream.identity.provider} threw an error that is not a ModelspineError`
  return new ModelspineError('unavailable', message, { cause: cleanCause(cause, hideCredentials) })
}
