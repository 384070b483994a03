import {
  createHttpClient,
  type ErrorCode,
  type HttpClientOptions,
  type HttpReply,
  type HttpRequest,
  isModelspineError,
  jsonBody,
  ModelspineError,
  retryAfterMs,
  scrub,
  scrubError,
  scrubStart,
  secretsOf,
  systemClock,
  type TlsOptions,
} from 'modelspine/adapter'
import type { ZodType } from 'zod'
import { pathWith, queryOf, type UrlPath, type UrlQuery } from './url-path.ts'
import { type Authority, authorityOf, type SecretSource } from './vendor-authority.ts'
import { createVendorPace, LongLine } from './vendor-pace.ts'
import { createVendorReach } from './vendor-reach.ts'
import type { CallerLimits } from './within-limits.ts'

export type { SecretSource } from './vendor-authority.ts'

/** How a vendor's API is reached. Options of every adapter that calls one. */
export interface VendorConnection
  extends Pick<HttpClientOptions, 'baseUrl' | 'dispatcher' | 'headers' | 'connections'> {
  readonly tls?: TlsOptions
  /** Sent as `Authorization: Bearer`. */
  readonly token?: SecretSource
  /** Sent as `Authorization: Basic`. Not together with `token`. */
  readonly basic?: { readonly user: string; readonly password: SecretSource }
  /** How long the vendor may take until its answer begins, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number
  /** The largest answer, in bytes. Default 16 MiB. */
  readonly maxReplyBytes?: number
}

/** How an adapter speaks of its vendor. */
export interface VendorWords {
  /** Names the vendor in messages: `MLflow`. */
  readonly vendor: string
  /** The code of the contract for a vendor that cannot answer now: `registry-unavailable`. */
  readonly unavailable: ErrorCode
  /**
   * As the contract ModelProvider asks: each call is one attempt, and what the HTTP client throws keeps its code,
   * such as `timeout` and `interrupted`. An answer that does not fit is `malformed-reply`.
   */
  readonly oneAttempt?: boolean
  /** The vendor's own message in the body of an error. Default: the body's text. */
  readonly said?: (reply: HttpReply) => string | undefined
  /**
   * The error that an answer means in the adapter's contract. Undefined where the status alone tells it: 401 and
   * 403 are `auth`, all others `unavailable`.
   */
  readonly meaning?: (reply: HttpReply, said: string) => VendorMeaning | undefined
  /**
   * Whether the vendor turned the request away as one of too many, and did nothing. Then the client slows down, and sends
   * it again, unless the vendor said how long to wait, or `oneAttempt` is set. Left out: that is the caller's to do.
   */
  readonly turnedAway?: (reply: HttpReply) => boolean
}

export interface VendorMeaning {
  readonly code: ErrorCode
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Only when it differs from the default of the code. */
  readonly retryable?: boolean
  /** Where the body says how long to wait. A header `Retry-After` stands above it. */
  readonly retryAfterMs?: number
}

export interface VendorRequest {
  readonly method: HttpRequest['method']
  /** Made with `path`, so that no name can change it. */
  readonly path: string
  /** Members that are undefined are left out. A list is sent as one member for each of its texts. */
  readonly query?: UrlQuery
  /** Sent as JSON, unless it is a text or bytes. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Whether the call may be repeated when no answer came, or one that says to come again. With `oneAttempt` it is sent
   * again only when its connection was closed since the last call on it. Default: for `GET`.
   */
  readonly repeatable?: boolean
  /** How long this call may take until its answer begins, in milliseconds. */
  readonly timeoutMs?: number
  /** The longest time between two pieces of an answer, in milliseconds. Default: the client's `timeoutMs`. */
  readonly idleMs?: number
  readonly abortSignal?: AbortSignal | undefined
}

export interface VendorClient {
  readonly baseUrl: string
  /**
   * The answer, with a status of 200 to 299. Throws what `meaning` says, `auth`, the unavailable-code, and
   * `aborted`. `details` has `status` after an answer, and `phase` when none came as a whole. No error contains a
   * secret that the client sent.
   */
  call(request: VendorRequest): Promise<HttpReply>
  /** The same, read by a schema. An answer that does not fit throws the unavailable-code. */
  read<Answer>(schema: ZodType<Answer>, request: VendorRequest): Promise<Answer>
  /** The same, with a body of any size that is read as it arrives. Never repeated. */
  stream(request: VendorRequest): Promise<VendorStream>
  close(): Promise<void>
}

/** A client that also tells what it would send. */
export interface AddressingClient extends VendorClient {
  /** Where the request would be sent, and all its headers, with credentials: for a call that somebody else sends. */
  addressed(
    request: VendorRequest,
  ): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>
}

/** An answer that occupies its connection until its chunks were read to their end, or the reader stopped. */
export interface VendorStream {
  header(name: string): string | undefined
  /** When it is false, an answer that was cut off looks whole. */
  readonly delimited: boolean
  /** The beginning of a text of this answer, without secrets, to be told in an error. */
  clean(text: string): string
  /** Read once. Throws as `call` does. Leaving the loop early ends the call. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Ends the call. For a reader who needs none of the chunks. */
  cancel(): void
}

/**
 * Further tries of a call that may be repeated, unless the vendor is away. The caller's own limit of time stands above
 * them.
 */
const retry = { times: 2, minDelayMs: 200, maxDelayMs: 1000 }

/** How often a request is sent that is turned away as one of too many. */
const mostTurns = 4

/** Longer messages of a vendor are cut. */
const longestSaid = 500

/**
 * Connects nothing before the first call. Throws `invalid-options`. With an `authority` of the caller, `connection` has
 * no token and no password.
 */
export function createVendorClient(
  connection: VendorConnection,
  words: VendorWords,
  authority: Authority = authorityOf(connection, words),
): AddressingClient {
  const {
    token: _token,
    basic: _basic,
    timeoutMs = 10_000,
    maxReplyBytes = 16 * 1024 * 1024,
    ...http
  } = connection
  const client = createHttpClient({
    ...http,
    headersTimeoutMs: timeoutMs,
    bodyTimeoutMs: timeoutMs,
    maxBodyBytes: maxReplyBytes,
  })
  const fixed = secretsOf(connection.headers ?? {})
  const { vendor, unavailable, oneAttempt = false } = words
  const where = `${vendor} at ${client.baseUrl}`
  const reach = createVendorReach(where)
  const pace = createVendorPace()

  /** Whether the request was turned away, and shall be sent again. */
  const takesAnotherTurn = (refusal: HttpReply, turns: number): boolean => {
    if (oneAttempt || words.turnedAway?.(refusal) !== true) return false
    // Then the caller waits as long as it was told.
    if (retryAfterMs(refusal.headers, systemClock.now()) !== undefined) return false
    pace.turnedAway()
    return turns < mostTurns
  }

  /** Whether the vendor looked at the request, and refused it for what it asks. */
  const wasJudged = (refusal: HttpReply): boolean => {
    const { status } = refusal
    return status < 500 && status !== 429 && status !== 408 && words.turnedAway?.(refusal) !== true
  }

  const limitsOf = (request: VendorRequest): CallerLimits => ({
    timeoutMs: request.timeoutMs ?? timeoutMs,
    abortSignal: request.abortSignal,
  })

  const failed = (reply: HttpReply, secrets: readonly string[]): ModelspineError => {
    const { status } = reply
    const said = scrubStart(saidIn(reply, words), longestSaid, secrets)
    const told = said === '' ? '' : `: ${said}`
    const meant = status < 400 ? undefined : words.meaning?.(reply, said)
    const waitMs = retryAfterMs(reply.headers, systemClock.now()) ?? meant?.retryAfterMs
    if (meant !== undefined) {
      return new ModelspineError(meant.code, meant.message, {
        details: { status, ...meant.details },
        ...(meant.retryable !== undefined && { retryable: meant.retryable }),
        ...(waitMs !== undefined && { retryAfterMs: waitMs }),
      })
    }
    if (status === 401 || status === 403) {
      return new ModelspineError('auth', `${where} refuses our credentials (${status})${told}`, {
        details: { status },
      })
    }
    if (status < 400) {
      // What follows the path may be a signature.
      const [address = ''] = (reply.header('location') ?? '').split(/[?#]/)
      const to = scrub(address, secrets)
      const message = `${where} answered ${status}${to && `, and points to ${to}`}: redirects are not followed`
      return new ModelspineError(unavailable, message, { retryable: false, details: { status } })
    }
    return new ModelspineError(unavailable, `${where} answered ${status}${told}`, {
      retryable: status === 408 || status === 429 || status >= 500,
      details: { status },
      ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    })
  }

  const crowded = (error: unknown): never => {
    if (!(error instanceof LongLine)) throw error
    const message = `${where} takes few requests now, and too many wait already`
    throw new ModelspineError(unavailable, message, { retryable: true, retryAfterMs: error.waitMs })
  }

  const unreached = (error: unknown, secrets: readonly string[]): never => {
    const clean = scrubError(error, secrets)
    if (!isModelspineError(clean) || clean.code === 'aborted') throw clean
    const { message, details, retryable, retryAfterMs: waitMs } = clean
    const code = oneAttempt || clean.code === 'auth' ? (clean.code as ErrorCode) : unavailable
    throw new ModelspineError(code, `${vendor}: ${message}`, {
      cause: clean,
      details,
      retryable,
      ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    })
  }

  const wireOf = (request: VendorRequest): HttpRequest => {
    const { method, path, query, body, headers, abortSignal, repeatable } = request
    return {
      method,
      path: path + queryOf(query),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && {
        body: typeof body === 'string' || body instanceof Uint8Array ? body : jsonBody(body),
      }),
      abortSignal,
      headersTimeoutMs: request.timeoutMs,
      bodyTimeoutMs: request.idleMs,
      resend: repeatable,
    }
  }

  /** Makes one call with credentials. Nothing that it throws contains them. */
  const send = async <Answer>(
    request: VendorRequest,
    exchange: (wire: HttpRequest, secrets: readonly string[]) => Promise<Exchanged<Answer>>,
  ): Promise<Answer> => {
    const { authorize, again } = authority()
    const bare = wireOf(request)
    const limits = limitsOf(request)
    const known = [...fixed, ...secretsOf(request.headers ?? {})]
    for (let turns = 1; ; turns += 1) {
      const turn = oneAttempt ? undefined : pace.turn(request.abortSignal)
      if (turn !== undefined) await turn.catch(crowded)
      const { headers, secrets: shown } = await authorize(bare, limits)
      const wire = { ...bare, headers: { ...headers, ...bare.headers } }
      known.push(...shown)
      const secrets = [...new Set(known)]
      try {
        const exchanged = await exchange(wire, secrets)
        if (exchanged.kind === 'answer') {
          pace.taken()
          return exchanged.answer
        }
        const { refusal } = exchanged
        if (wasJudged(refusal)) pace.taken()
        else if (takesAnotherTurn(refusal, turns)) continue
        if (again === undefined || !(await again(refusal, limits))) throw failed(refusal, secrets)
      } catch (error) {
        throw scrubError(error, secrets)
      }
    }
  }

  const ask = <Answer>(request: VendorRequest, answerOf: (reply: HttpReply) => Answer): Promise<Answer> =>
    send(request, async (wire, secrets) => {
      const { repeatable = request.method === 'GET' } = request
      const retries = repeatable && !oneAttempt && !reach.isAway ? retry : undefined
      const exchange = (): Promise<HttpReply> => client.request({ ...wire, retry: retries })
      const asked = oneAttempt ? exchange() : reach.through(exchange, limitsOf(request))
      const reply = await asked.catch((error) => unreached(error, secrets))
      return isGood(reply) ? { kind: 'answer', answer: answerOf(reply) } : { kind: 'refusal', refusal: reply }
    })

  const fitting = <Answer>(schema: ZodType<Answer>, request: VendorRequest, reply: HttpReply): Answer => {
    const { status } = reply
    const unfit = oneAttempt ? 'malformed-reply' : unavailable
    let body: unknown
    try {
      body = reply.json()
    } catch {
      // The parser's error quotes a few characters, which may be a piece of a secret.
      const message = `${where} answered something that is not JSON`
      throw new ModelspineError(unfit, message, { details: { status, bytes: reply.bytes.byteLength } })
    }
    const read = schema.safeParse(body)
    if (read.success) return read.data
    const [issue] = read.error.issues
    const field = issue?.path.map(String).join('.') || 'the answer'
    throw new ModelspineError(
      unfit,
      `${where} answered ${request.method} ${request.path} in an unknown form: ${field}: ${issue?.message}`,
      { details: { status, field } },
    )
  }

  const stream = (request: VendorRequest): Promise<VendorStream> =>
    send(request, async (wire, secrets) => {
      const answer = await client.stream(wire).catch((error) => unreached(error, secrets))
      if (!isGood(answer)) {
        const refusal = await answer.whole().catch((error) => unreached(error, secrets))
        return { kind: 'refusal', refusal }
      }
      const { delimited, chunks } = answer
      const header = (name: string): string | undefined => answer.header(name)
      const clean = (text: string): string => scrubStart(text, longestSaid, secrets)
      const cancel = (): void => answer.cancel()
      return {
        kind: 'answer',
        answer: { header, delimited, clean, chunks: cleanly(chunks, secrets), cancel },
      }
    })

  async function* cleanly(
    chunks: AsyncIterable<Uint8Array>,
    secrets: readonly string[],
  ): AsyncIterable<Uint8Array> {
    try {
      yield* chunks
    } catch (error) {
      unreached(error, secrets)
    }
  }

  return {
    baseUrl: client.baseUrl,
    call: (request) => ask(request, (reply) => reply),
    read: (schema, request) => ask(request, (reply) => fitting(schema, request, reply)),
    stream,
    async addressed(request) {
      const bare = wireOf(request)
      const { headers } = await authority().authorize(bare, limitsOf(request))
      return {
        url: client.baseUrl + bare.path,
        headers: { ...connection.headers, ...headers, ...bare.headers },
      }
    },
    close: () => client.close(),
  }
}

function isGood({ status }: { readonly status: number }): boolean {
  return status >= 200 && status < 300
}

type Exchanged<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'refusal'; readonly refusal: HttpReply }

/** A path with names in it, as `pathWith` makes them. */
export const path: UrlPath = pathWith((name) => encodeURIComponent(name.toWellFormed()))

function saidIn(reply: HttpReply, { said }: VendorWords): string {
  try {
    return said?.(reply) ?? shortText(reply)
  } catch {
    return shortText(reply)
  }
}

/** Pages for browsers say nothing in a message. */
function shortText(reply: HttpReply): string {
  const text = reply.text().trim()
  return text.startsWith('<') ? '' : text
}
