/**
 * The only HTTP client of Modelspine. It has a pool of connections to one origin. An answer with any status
 * is an answer, not an error. The client throws a ModelspineError with one of these codes:
 *
 * - `unavailable`: there is no connection, or the connection broke before an answer.
 * - `overloaded`: all connections are busy, and too many calls wait, or a call waited too long. Nothing was sent.
 * - `timeout`: no answer, or no further part of it, within the time limit.
 * - `interrupted`: the connection broke in the middle of an answer.
 * - `malformed-reply`: the answer is not HTTP, is too large, or is compressed in a way that cannot be undone.
 * - `bad-request`: the request cannot be sent.
 * - `auth`: a header with a credential cannot be sent, for example because a line feed ends it.
 * - `aborted`: the caller aborted the call.
 *
 * `details.phase` is `connecting` when nothing can have reached the server. Errors contain no credentials.
 *
 * The client asks for answers that are not compressed, and decodes those that are all the same. When the server closed
 * a connection since the last call on it, calls that may be sent again are sent again, once, on a new connection.
 */

import { ModelspineError } from '../errors.ts'
import { requireNode } from '../node-version.ts'
import { BodyStream, type HttpStream } from './body-stream.ts'
import { checkHeaders, checkNumbers, readBaseUrl } from './check-options.ts'
import type { HttpDispatcher, WireDispatcher, WireOptions } from './dispatcher.ts'
import type { Exchange, WireCall } from './exchange.ts'
import { abortedError } from './http-error.ts'
import type { HttpReply } from './http-reply.ts'
import { loadUndici } from './load-undici.ts'
import { dispatchWithOneTrace } from './one-trace.ts'
import { Pool } from './pool.ts'
import { type HttpRetry, withRetries } from './retry.ts'
import { checkTls, type TlsOptions } from './tls.ts'
import { WholeBody } from './whole-body.ts'

export interface HttpClientOptions {
  /**
   * A URL with `http:` or `https:`. Its path is put before the path of every request. User information, a
   * query and a fragment are not allowed.
   */
  readonly baseUrl: string
  /** An undici dispatcher to use instead of the client's own pool. `close` does not close it. */
  readonly dispatcher?: HttpDispatcher
  /** How the server is recognised, and this client to it. Only with `https:`, and not with a `dispatcher`. */
  readonly tls?: TlsOptions
  /** Sent with every request. Headers of the request win over them. Names are in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** The most connections at the same time. Further requests wait for a connection. Default 256. */
  readonly connections?: number
  /** The most requests that wait for a connection. Further requests fail at once. Default 1,024. */
  readonly maxWaiting?: number
  /** How long a request may wait while all connections are busy, in milliseconds. Default 10,000. */
  readonly waitTimeoutMs?: number
  /** How long a new connection may take, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /**
   * How long the client waits for the headers of the answer after it sent the request, in milliseconds.
   * Default 300,000. 0 means no limit.
   */
  readonly headersTimeoutMs?: number
  /** The longest time between two pieces of the body, in milliseconds. Default 300,000. 0 means no limit. */
  readonly bodyTimeoutMs?: number
  /** The largest body of a whole answer, in bytes, also after decoding. Default 64 MiB. */
  readonly maxBodyBytes?: number
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The path below the base URL, with a `/` at its beginning. It may have a query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | string | undefined
  readonly abortSignal?: AbortSignal | undefined
  /** Default: the client's own value. */
  readonly headersTimeoutMs?: number | undefined
  /** Default: the client's own value. */
  readonly bodyTimeoutMs?: number | undefined
  readonly maxBodyBytes?: number | undefined
  /**
   * Whether the request may reach the server twice. Then it is sent again when its connection, which served before,
   * breaks before any byte of an answer. Default: true for GET and HEAD.
   */
  readonly resend?: boolean | undefined
}

export interface HttpClient {
  /** The origin and path of the base URL, without a `/` at the end. */
  readonly baseUrl: string
  /** Use `retry` only for idempotent control calls. */
  request(request: HttpRequest & { readonly retry?: HttpRetry | undefined }): Promise<HttpReply>
  stream(request: HttpRequest): Promise<HttpStream>
  /** Closes idle connections and lets calls under way finish. Later calls throw `unavailable`. May be called again. */
  close(): Promise<void>
}

/** Loads and connects nothing before the first request. Throws `invalid-options`. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  requireNode()
  const base = readBaseUrl(options.baseUrl)
  checkTls({ origin: base.origin, tls: options.tls, dispatcher: options.dispatcher })
  const { connections = 256, connectTimeoutMs = 10_000, maxWaiting = 1024, waitTimeoutMs = 10_000 } = options
  checkHeaders(options.headers ?? {})
  const own = { 'accept-encoding': 'identity', ...options.headers }
  const headersTimeout = options.headersTimeoutMs ?? 300_000
  const bodyTimeout = options.bodyTimeoutMs ?? 300_000
  const maxBodyBytes = options.maxBodyBytes ?? 64 * 1024 * 1024
  checkNumbers({ connections, maxWaiting, waitTimeoutMs, connectTimeoutMs, maxBodyBytes })
  checkNumbers({ headersTimeoutMs: headersTimeout, bodyTimeoutMs: bodyTimeout }, 0)
  const given = options.dispatcher as unknown as WireDispatcher | undefined
  let pool: Pool | undefined
  let opening: Promise<Pool> | undefined
  let closing: Promise<void> | undefined

  const wireOf = (request: HttpRequest): WireOptions => ({
    origin: base.origin,
    method: request.method,
    path: base.path + request.path,
    headers: request.headers === undefined ? own : { ...own, ...request.headers },
    body: request.body ?? null,
    headersTimeout: request.headersTimeoutMs ?? headersTimeout,
    bodyTimeout: request.bodyTimeoutMs ?? bodyTimeout,
  })

  async function open(): Promise<Pool> {
    const undici = await loadUndici()
    pool = new Pool(undici, base.origin, {
      connections,
      connectTimeoutMs,
      maxWaiting,
      waitTimeoutMs,
      tls: options.tls,
    })
    return pool
  }

  function send(exchange: Exchange): void {
    const failed = (error: unknown): void => exchange.onResponseError(null, error as Error)
    if (given !== undefined) {
      try {
        dispatchWithOneTrace(given, exchange.wire, exchange)
      } catch (error) {
        failed(error)
      }
      return
    }
    if (pool === undefined) {
      opening ??= open()
      opening.then((opened) => opened.send(exchange)).catch(failed)
    } else pool.send(exchange)
  }

  function exchange<Reply>(
    request: HttpRequest,
    begin: (call: WireCall, resolve: (reply: Reply) => void, reject: (error: Error) => void) => Exchange,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method, abortSignal, resend = method === 'GET' || method === 'HEAD' } = request
      const call = { method, url: base.origin + base.path, phase: 'connecting' as const }
      if (abortSignal?.aborted) return reject(abortedError(call, abortSignal.reason))
      // Another client may have been put in its place, so others are to be asked.
      if (closing !== undefined) {
        const details = { phase: call.phase }
        return reject(
          new ModelspineError('unavailable', `${base.origin}: the client was closed`, { details }),
        )
      }
      const maxBytes = request.maxBodyBytes ?? maxBodyBytes
      send(begin({ wire: wireOf(request), abortSignal, maxBytes, resend }, resolve, reject))
    })
  }

  async function closePool(): Promise<void> {
    await (await opening)?.close()
  }

  const requestOnce = (request: HttpRequest): Promise<HttpReply> =>
    exchange<HttpReply>(request, (...call) => new WholeBody(...call))

  return {
    baseUrl: base.origin + base.path,
    request: (request) =>
      request.retry === undefined
        ? requestOnce(request)
        : withRetries(() => requestOnce(request), request.retry, request.abortSignal),
    stream: (request) => exchange<HttpStream>(request, (...call) => new BodyStream(...call)),
    close() {
      closing ??= closePool()
      return closing
    },
  }
}
