import { type ErrorCode, isModelspineError, ModelspineError, messageOf } from '../errors.ts'
import { rateLimitsOf } from '../http/rate-limits.ts'
import { scrub, scrubStart } from '../http/scrub.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Answer, ErrorFacts, Surface } from './surface.ts'

interface Told {
  readonly status: number
  /** What the caller is told. Left out where the error's own words are for the caller. */
  readonly sentence?: string
}

const ofCredentials = 'the upstream refuses the credentials of this gateway: its operator must correct them'

/**
 * What a caller is told of each code. The status decides whether a client sends the request again, because not every
 * client reads `x-should-retry`. The AI SDK repeats 408, 409, 429 and everything from 500, and LangChain for JavaScript
 * everything but 400 to 407, 409 and 413. So a failure that a repetition cannot mend has a status from 400 to 407, also when the
 * caller is not at fault. The words of an upstream are for the operator's log, unless they say what is wrong with the request.
 */
const told: Readonly<Partial<Record<ErrorCode, Told>>> = {
  'bad-request': { status: 400 },
  'context-length': { status: 400 },
  'content-filter': { status: 400 },
  unsupported: { status: 400 },
  unauthenticated: { status: 401 },
  quota: { status: 402, sentence: 'the quota of this gateway at the upstream is used up' },
  auth: { status: 403, sentence: ofCredentials },
  'secret-not-found': { status: 403, sentence: ofCredentials },
  'policy-denied': { status: 403 },
  'no-route': { status: 404 },
  'not-found': { status: 404, sentence: 'the upstream does not have the model of this route' },
  'body-too-large': { status: 413 },
  'rate-limited': { status: 429 },
  // Web servers log this status for a caller that went away. The caller never sees it.
  aborted: { status: 499 },
  interrupted: { status: 502, sentence: 'the upstream broke off its answer' },
  'malformed-reply': { status: 502, sentence: 'the upstream gave an answer that cannot be used' },
  'no-backend': { status: 503 },
  'not-ready': { status: 503, sentence: 'the model is not ready yet' },
  overloaded: { status: 503, sentence: 'too many requests are under way at the moment' },
  'policy-error': { status: 503, sentence: 'the policy cannot be asked at the moment' },
  'secret-unavailable': {
    status: 503,
    sentence: 'the credentials of this gateway cannot be read at the moment',
  },
  stopped: { status: 503 },
  unavailable: { status: 503, sentence: 'the upstream cannot be reached' },
  timeout: { status: 504, sentence: 'no answer came in time' },
}

/** RFC 9110, 15.5.7: there is an answer, but none that can be passed on. It would be the same again. */
const unusable: Told = {
  status: 406,
  sentence: 'the answer of the upstream is too large, or in a form that cannot be read',
}

const failed: Told = { status: 503, sentence: 'the upstream failed' }

function toldOf({ code, retryable, details }: ModelspineError): Told | undefined {
  if (code === 'malformed-reply' && !retryable) return unusable
  // An upstream that answered with a status was reached.
  return code === 'unavailable' && details.status !== undefined ? failed : told[code]
}

/** An error that exists only in HTTP: an unknown path, a wrong method, a wrong content type. */
export class HttpFailure extends Error {
  readonly status: number
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** For a host that the gateway does not serve. */
export function wrongHost(host: string | undefined): HttpFailure {
  const named = host === undefined ? 'no host' : `the host "${host}"`
  return new HttpFailure(403, `${named} is not served here: add it to the gateway's hosts if it should be`)
}

/** For something that the gateway itself cannot do at the moment. */
export function busy(message: string): HttpFailure {
  return new HttpFailure(503, message, { 'x-should-retry': 'true', 'retry-after': '1' })
}

export function tooLarge(maxBodyBytes: number): ModelspineError {
  const message = `the body has more than the ${maxBodyBytes} bytes allowed`
  return new ModelspineError('body-too-large', message, { details: { maxBodyBytes } })
}

/** For a body that something in front of the gateway has read. The log says so, and the caller only gets 500. */
export function alreadyRead(): Error {
  return new Error(
    'the body was read before the gateway got the request: put the gateway before body parsers',
  )
}

export function callerLeft(cause?: unknown): ModelspineError {
  return new ModelspineError('aborted', 'the caller went away while sending', { cause })
}

const httpCodes: Readonly<Record<number, string>> = { 404: 'not-found', 503: 'unavailable' }

/** Gives the facts of an error that a caller is told, and writes the others into the log. */
export type TellFailure = (error: unknown, requestId: string) => ErrorFacts

export function failureTeller(logger: Logger): TellFailure {
  return (error, requestId) => {
    if (error instanceof HttpFailure) {
      const { status, message } = error
      return { status, code: httpCodes[status] ?? 'bad-request', message }
    }
    const known = isModelspineError(error) ? toldOf(error) : undefined
    if (!isModelspineError(error) || known === undefined) {
      logger.error({ requestId, ...wordsOf(error) }, 'a request failed because of an error in the gateway')
      return { status: 500, code: 'internal', message: 'the gateway failed' }
    }
    const { code } = error
    const { status, sentence } = known
    if (sentence === undefined)
      return { status, code, message: scrub(withoutProvider(error)), ...vendorWords(error) }
    logger.warn(
      { requestId, code, ...wordsOf(error) },
      'a request failed, and its caller was told only a part',
    )
    return { status, code, message: sentence }
  }
}

/** What the log is told of an error. Only its beginning: some vendors answer with whole pages. */
function wordsOf(error: unknown): { readonly error: string; readonly cause?: string } {
  const clean = (thrown: unknown): string => scrubStart(messageOf(thrown), 2000)
  const cause = error instanceof Error ? error.cause : undefined
  return { error: clean(error), ...(cause !== undefined && { cause: clean(cause) }) }
}

/** The words of an upstream without its name, which the router puts before them for the app alone. */
function withoutProvider({ message, details }: ModelspineError): string {
  if (!Array.isArray(details.attempts)) return message
  const named = `provider ${details.attempts.at(-1)?.provider}: `
  return message.startsWith(named) ? message.slice(named.length) : message
}

/** The vendor's own words for what is wrong with the request. */
function vendorWords({ details }: ModelspineError): Pick<ErrorFacts, 'field' | 'vendorCode' | 'vendorType'> {
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? scrubStart(value, 200) : undefined
  return { field: word(details.field), vendorCode: word(details.code), vendorType: word(details.type) }
}

/** Turns any error into an answer in the surface's own form. */
export function failureAnswer(error: unknown, facts: ErrorFacts, surface: Surface): Answer {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (error instanceof HttpFailure) Object.assign(headers, error.headers)
  if (facts.status === 401) headers['www-authenticate'] = 'Bearer'
  if (isModelspineError(error)) Object.assign(headers, retryHeaders(error))
  const status = surface.statusOf?.(facts) ?? facts.status
  return { status, headers, body: surface.errorBody(facts) }
}

/** Headers by which clients decide whether and when to send the request again. */
function retryHeaders({ code, retryable, retryAfterMs, details }: ModelspineError): Record<string, string> {
  // Another process behind the same address may go on where this one stopped.
  const helps = retryable || code === 'stopped'
  const limits = typeof details.rateLimits === 'object' ? rateLimitsOf({ ...details.rateLimits }) : undefined
  return {
    ...limits,
    'x-should-retry': String(helps),
    ...(retryAfterMs !== undefined && {
      'retry-after': String(Math.ceil(retryAfterMs / 1000)),
      'retry-after-ms': String(Math.ceil(retryAfterMs)),
    }),
  }
}
