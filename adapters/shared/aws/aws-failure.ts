import type { HttpReply } from 'modelspine/adapter'
import type { CloudFailureKind } from '../cloud-words.ts'

/** What AWS says went wrong. */
export interface AwsFailure {
  /** Such as `ThrottlingException`, without its namespace. */
  readonly code: string
  readonly kind: AwsFailureKind
  /** Undefined for one within a stream. */
  readonly status: number | undefined
  /** By which AWS's support finds the request. */
  readonly requestId: string | undefined
  /** All that the error's JSON has. It may repeat secrets: decide by it, and do not show it. */
  readonly members: Readonly<Record<string, unknown>>
}

export type AwsFailureKind = Exclude<CloudFailureKind, 'conflict'>

/** Undefined for an answer in which AWS names no error, such as a page of a proxy. */
export function failureIn(reply: HttpReply): AwsFailure | undefined {
  const code = codeIn(reply)
  if (code === undefined) return undefined
  const { status } = reply
  const requestId = reply.header('x-amzn-requestid') ?? reply.header('x-amz-request-id')
  return { code, kind: kindOf(code, status), status, requestId, members: membersIn(reply.text()) }
}

/** What AWS says about an error within a stream. `text` is the payload of its message. */
export function streamFailure(code: string, text = ''): AwsFailure {
  const nothing = { status: undefined, requestId: undefined }
  return { code: shortCode(code) ?? code, kind: kindOf(code), ...nothing, members: membersIn(text) }
}

/** The message of an error, in JSON or XML. */
export function messageIn(text: string): string | undefined {
  const { message, Message, errorMessage } = membersIn(text)
  return textOf(message) ?? textOf(Message) ?? textOf(errorMessage) ?? elementIn(text, 'Message')
}

function codeIn(reply: HttpReply): string | undefined {
  const text = reply.text()
  const { code, Code, __type } = membersIn(text)
  const named = [reply.header('x-amzn-errortype'), textOf(code), textOf(Code), textOf(__type)]
  return shortCode(named.find((each) => each !== undefined) ?? elementIn(text, 'Code'))
}

/** Of `aws.api#SomeException:http://…/` only `SomeException`. */
function shortCode(code: string | undefined): string | undefined {
  const [first = ''] = code?.split(/[,:]/) ?? []
  return first.slice(first.indexOf('#') + 1).trim() || undefined
}

function membersIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Errors of S3 are flat XML. */
function elementIn(text: string, name: string): string | undefined {
  if (!text.trimStart().startsWith('<')) return undefined
  const [, value] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text) ?? []
  return textOf(value?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? ''))
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

const throttled: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
])

const passing: ReadonlySet<string> = new Set(['RequestTimeout', 'RequestTimeoutException', 'TimeoutError'])

/** The credentials are not these, or no longer. Others may be taken. */
const refusedCredentials: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
])

/** Also what a wrong clock leads to. */
const refusedSignature: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
])

const denied: ReadonlySet<string> = new Set([
  ...refusedCredentials,
  ...refusedSignature,
  'AccessDenied',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'UnauthorizedOperation',
])

export function refusesCredentials({ code }: AwsFailure): boolean {
  return refusedCredentials.has(code)
}

export function mayBeSkew({ code }: AwsFailure): boolean {
  return refusedSignature.has(code)
}

/** Names within a stream begin with a small letter: `throttlingException`. */
function kindOf(code: string, status?: number): AwsFailureKind {
  const name = code.charAt(0).toUpperCase() + code.slice(1)
  if (throttled.has(name) || status === 429) return 'throttled'
  if (passing.has(name) || status === 408 || (status !== undefined && status >= 500)) return 'unavailable'
  if (denied.has(name) || status === 401 || status === 403) return 'denied'
  const isOurs = status !== undefined || /Validation|BadRequest|NotFound|InvalidParameter/.test(name)
  return isOurs ? 'refused' : 'unavailable'
}
