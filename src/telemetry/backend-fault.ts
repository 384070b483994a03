import type { ErrorCode } from '../errors.ts'

/** The request itself was refused, or nobody waited for the answer: it tells nothing of who was asked. */
const notTheBackends: ReadonlySet<ErrorCode> = new Set([
  'bad-request',
  'aborted',
  'content-filter',
  'context-length',
  'unsupported',
])

/** Whether a failed attempt speaks against the backend; one without a code does. */
export function isBackendFault(code: ErrorCode | undefined): boolean {
  return code === undefined || !notTheBackends.has(code)
}
