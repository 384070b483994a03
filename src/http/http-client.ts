/**
 * The only HTTP client of Modelspine. It has a pool of connections to one origin. An answer with any status
 * is an answer, not an error. The client throws a ModelspineError with one of these codes:
 *
 * - `unavailable`: there is no connection, or the connection broke before an answer.
 * - `timeout`: no answer, or no further part of it, within the time limit.
 * - `interrupted`: the connection broke in the middle of an answer.
 * - `malformed-reply`: the answer is not HTTP, or is too large.
 * - `bad-request`: the request cannot be sent.
 * - `aborted`: the caller aborted the call.
 *
 * `details.phase` is `connecting` when nothing can have reached the server. Errors contain no credentials.
 */

import { ModelspineError } from '../errors.ts'
import { requireNode } from '../node-version.ts'
import { BodyStream, type HttpStream } from './body-stream.ts'
import type { HttpDispatcher, WireDispatcher, WireHandler, WireOptions } from './dispatcher.ts'
import { abortedError } from './http-error.ts'
import type { HttpReply } from './http-reply.ts'
import { loadPool } from './load-pool.ts'
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
  /** How long a new connection may take, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /**
   * How long the client waits for the headers of the answer after it sent the request, in milliseconds.
   * Default 300,000. 0 means no limit.
   */
  readonly headersTimeoutMs?: number
  /** The longest time between two pieces of the body, in milliseconds. Default 300,000. 0 means no limit. */
  readonly bodyTimeoutMs?: number
  /** The largest body of a whole answer, in bytes. Default 64 MiB. */
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
  const base = baseOf(options.baseUrl)
  checkTls({ origin: base.origin, tls: options.tls, dispatcher: options.dispatcher })
  const own = options.headers ?? {}
  const hasOwn = Object.keys(own).length > 0
  const headersTimeout = options.headersTimeoutMs ?? 300_000
  const bodyTimeout = options.bodyTimeoutMs ?? 300_000
  const maxBodyBytes = options.maxBodyBytes ?? 64 * 1024 * 1024
  let dispatcher = options.dispatcher as unknown as WireDispatcher | undefined
  let opening: Promise<WireDispatcher> | undefined
  let closing: Promise<void> | undefined

  function wireOf(request: HttpRequest): WireOptions {
    const { headers } = request
    return {
      origin: base.origin,
      method: request.method,
      path: base.path + request.path,
      headers: headers === undefined ? own : hasOwn ? { ...own, ...headers } : headers,
      body: request.body ?? null,
      headersTimeout: request.headersTimeoutMs ?? headersTimeout,
      bodyTimeout: request.bodyTimeoutMs ?? bodyTimeout,
    }
  }

  function send(wire: WireOptions, handler: WireHandler): void {
    const dispatch = (open: WireDispatcher): void => {
      try {
        open.dispatch(wire, handler)
      } catch (error) {
        handler.onResponseError(null, error as Error)
      }
    }
    if (dispatcher !== undefined) {
      dispatch(dispatcher)
      return
    }
    opening ??= loadPool(base.origin, {
      connections: options.connections ?? 256,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      tls: options.tls,
    }).then((pool) => {
      dispatcher = pool
      return pool
    })
    opening.then(dispatch, (error) => handler.onResponseError(null, error))
  }

  function exchange<Reply>(
    request: HttpRequest,
    handlerOf: (
      wire: WireOptions,
      maxBytes: number,
      resolve: (reply: Reply) => void,
      reject: (error: Error) => void,
    ) => WireHandler,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = { method: request.method, url: base.origin + base.path, phase: 'connecting' as const }
      if (request.abortSignal?.aborted) return reject(abortedError(call, request.abortSignal.reason))
      if (closing !== undefined)
        return reject(
          new ModelspineError('unavailable', `${base.origin}: the client was closed`, { retryable: false }),
        )
      const wire = wireOf(request)
      send(wire, handlerOf(wire, request.maxBodyBytes ?? maxBodyBytes, resolve, reject))
    })
  }

  async function closePool(): Promise<void> {
    if (options.dispatcher === undefined) await (await opening)?.close()
  }

  const requestOnce = (request: HttpRequest): Promise<HttpReply> =>
    exchange<HttpReply>(
      request,
      (wire, maxBytes, resolve, reject) =>
        new WholeBody(wire, request.abortSignal, maxBytes, resolve, reject),
    )

  return {
    baseUrl: base.origin + base.path,
    request: (request) =>
      request.retry === undefined
        ? requestOnce(request)
        : withRetries(() => requestOnce(request), request.retry, request.abortSignal),
    stream: (request) =>
      exchange<HttpStream>(
        request,
        (wire, maxBytes, resolve, reject) =>
          new BodyStream(wire, request.abortSignal, maxBytes, resolve, reject),
      ),
    close() {
      closing ??= closePool()
      return closing
    },
  }
}

function baseOf(baseUrl: string): { readonly origin: string; readonly path: string } {
  const wrong = (why: string): ModelspineError =>
    new ModelspineError('invalid-options', `baseUrl ${why}`, { details: { field: 'baseUrl' } })
  if (!URL.canParse(baseUrl)) throw wrong('is not a URL: write one such as http://127.0.0.1:8080')
  const url = new URL(baseUrl)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw wrong(`begins with "${url.protocol}": write http: or https: before the host`)
  }
  if (url.username !== '' || url.password !== '') throw wrong('contains credentials: send them in a header')
  if (url.search !== '' || url.hash !== '')
    throw wrong('has a query or a fragment: write only origin and path')
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}
