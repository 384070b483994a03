import type { HttpReply } from 'modelspine/adapter'
import type { CloudFailureKind } from '../cloud-words.ts'

/** What Google says went wrong: a `google.rpc.Status`, as https://google.aip.dev/193 has it. */
export interface GoogleFailure {
  /** Such as `NOT_FOUND`. */
  readonly status: string
  readonly kind: CloudFailureKind
  readonly message: string
  /** Of an `ErrorInfo`: `RATE_LIMIT_EXCEEDED`, `SERVICE_DISABLED`. */
  readonly reason: string | undefined
  /** Of a `RetryInfo`. */
  readonly retryAfterMs: number | undefined
  readonly details: readonly GoogleDetail[]
}

/** One of the typed details, with its `@type`. */
export type GoogleDetail = Readonly<Record<string, unknown>>

/** Undefined for an answer in which Google names no error, such as a page of a proxy. */
export function failureIn(reply: HttpReply): GoogleFailure | undefined {
  let body: unknown
  try {
    body = reply.json()
  } catch {
    return undefined
  }
  return failureInBody(body, reply.status)
}

/** The same for a body that came with another status, such as an event of a stream. */
export function failureInBody(body: unknown, httpStatus: number): GoogleFailure | undefined {
  // Methods that stream answer a list.
  const { error } = membersOf(Array.isArray(body) ? body[0] : body)
  const members = membersOf(error)
  const status = textOf(members.status)
  if (status === undefined && typeof members.code !== 'number') return undefined
  return failureFrom(members, status ?? statusOfHttp(httpStatus))
}

/** Of an error within an answer, such as that of an operation. It has the number of the status, and no name. */
export function failureOf(status: unknown): GoogleFailure {
  const members = membersOf(status)
  const name = typeof members.code === 'number' ? names[members.code] : undefined
  return failureFrom(members, name ?? 'UNKNOWN')
}

function failureFrom(members: Readonly<Record<string, unknown>>, status: string): GoogleFailure {
  const details = Array.isArray(members.details) ? members.details.map(membersOf) : []
  const of = (type: string): GoogleDetail | undefined =>
    details.find((detail) => String(detail['@type']).endsWith(`/google.rpc.${type}`))
  return {
    status,
    kind: kinds[status] ?? 'refused',
    message: textOf(members.message) ?? '',
    reason: textOf(of('ErrorInfo')?.reason),
    retryAfterMs: durationMs(of('RetryInfo')?.retryDelay),
    details,
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Reads `3.5s`. */
function durationMs(value: unknown): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(String(value)) ?? []
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000)
}

/** By number: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

const kinds: Readonly<Record<string, CloudFailureKind>> = {
  CANCELLED: 'unavailable',
  UNKNOWN: 'unavailable',
  DEADLINE_EXCEEDED: 'unavailable',
  INTERNAL: 'unavailable',
  UNAVAILABLE: 'unavailable',
  DATA_LOSS: 'unavailable',
  RESOURCE_EXHAUSTED: 'throttled',
  ABORTED: 'conflict',
  PERMISSION_DENIED: 'denied',
  UNAUTHENTICATED: 'denied',
}

/** Where the body names no status. */
function statusOfHttp(status: number): string {
  if (status === 429) return 'RESOURCE_EXHAUSTED'
  if (status === 401) return 'UNAUTHENTICATED'
  if (status === 403) return 'PERMISSION_DENIED'
  if (status === 404) return 'NOT_FOUND'
  if (status === 409) return 'ABORTED'
  return status === 408 || status >= 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT'
}
