import { type ErrorCode, isModelspineError, ModelspineError, messageOf } from '../errors.ts'
import type { Upstream } from './route.ts'

/** How far a failure reaches, and so who may still be asked. */
export type Reach =
  /** Asking anybody else would give the same answer, or nobody waits for one. */
  | 'request'
  /** Whoever uses the same credentials. */
  | 'source'
  /** The same model anywhere. */
  | 'model'
  /** Only the one that was asked. */
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

/** Codes that are not listed reach only the one that failed when the same call may succeed later. */
export function reachOf(error: ModelspineError): Reach {
  return reaches[error.code] ?? (error.retryable ? 'upstream' : 'request')
}

/** Whether `other` may be asked after `failed` failed that far. */
export function isBeyond(reach: Reach, failed: Upstream, other: Upstream): boolean {
  if (other === failed || reach === 'request') return false
  if (reach === 'source') return other.source !== failed.source
  if (reach === 'model') return other.modelIdentity !== failed.modelIdentity
  return true
}

/** A provider throws nothing but our errors; one that does all the same is taken as unavailable. */
export function failureOf(cause: unknown, upstream: Upstream): ModelspineError {
  if (isModelspineError(cause)) return cause
  const message = `provider ${upstream.identity.provider} threw what is no ModelspineError: ${messageOf(cause)}`
  return new ModelspineError('unavailable', message, { cause })
}
