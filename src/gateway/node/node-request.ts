import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallerAbort } from '../../routing/attempt/routed-request.ts'
import { alreadyRead, callerLeft, tooLarge } from '../failure.ts'
import { pathBelow, type RequestTarget, requestTarget } from '../request-target.ts'
import type { GatewayRequest } from '../surface.ts'

export interface NodeRequestOptions {
  readonly basePath: string
  readonly maxBodyBytes: number
  /** Why a request that addresses this host is not served. */
  refusal(host: string | undefined, req: IncomingMessage): Error | undefined
  /** Whether `100 Continue` is sent here, and not by the server before it calls the handler. */
  readonly sendsContinue: boolean
}

/**
 * An unread body that is larger than this, or whose length is not known, is not read to its end. Its connection is
 * closed instead.
 */
const worthDraining = 64 * 1024

export class NodeRequest implements GatewayRequest {
  readonly method: string
  readonly path: string
  readonly #target: RequestTarget
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #options: NodeRequestOptions
  /** Whether the caller sends its body only after `100 Continue`. */
  #awaitsContinue: boolean

  constructor(req: IncomingMessage, res: ServerResponse, options: NodeRequestOptions) {
    this.#target = requestTarget(req.url ?? '/')
    this.method = req.method ?? ''
    this.path = pathBelow(this.#target.path, options.basePath)
    this.#req = req
    this.#res = res
    this.#options = options
    this.#awaitsContinue = options.sendsContinue && req.headers.expect !== undefined
  }

  get url(): string {
    const { path } = this.#target
    const scheme = 'encrypted' in this.#req.socket ? 'https' : 'http'
    const host = this.#host
    const given = `${scheme}://${host}${path}`
    const read = host === undefined ? null : URL.parse(given)
    // No Request can have user information in its URL.
    const usable = read !== null && read.username === '' && read.password === ''
    return usable ? given : `${scheme}://localhost${path}`
  }

  get abortSignal(): CallerAbort {
    return new CallerLeft(this.#res)
  }

  get refusal(): Error | undefined {
    return this.#options.refusal(this.#host, this.#req)
  }

  /** Whether the rest of the body would have to be read before another request on this connection. */
  get isUnread(): boolean {
    return !this.#req.complete && !(Number(this.#req.headers['content-length']) <= worthDraining)
  }

  get #host(): string | undefined {
    return this.#target.host ?? this.#req.headers.host
  }

  header(name: string): string | undefined {
    const value = this.#req.headers[name]
    return typeof value === 'string' ? value : value?.[0]
  }

  headers(): IncomingMessage['headers'] {
    return this.#req.headers
  }

  body(): Promise<Uint8Array> {
    const { maxBodyBytes } = this.#options
    if (Number(this.#req.headers['content-length'] ?? 0) > maxBodyBytes) {
      return Promise.reject(tooLarge(maxBodyBytes))
    }
    if (this.#awaitsContinue) this.#res.writeContinue()
    this.#awaitsContinue = false
    return readBody(this.#req, maxBodyBytes)
  }
}

/**
 * Tells that the socket was closed before its answer was sent. It is used like an AbortSignal, but costs less for each
 * request.
 */
class CallerLeft implements CallerAbort {
  readonly #res: ServerResponse
  #tell: (() => void) | undefined

  constructor(res: ServerResponse) {
    this.#res = res
    res.on('close', () => {
      if (!res.writableFinished) this.#tell?.()
    })
  }

  get aborted(): boolean {
    return this.#res.destroyed
  }

  addEventListener(_type: 'abort', tell: () => void): void {
    this.#tell = tell
  }

  removeEventListener(): void {
    this.#tell = undefined
  }
}

function readBody(req: IncomingMessage, maxBodyBytes: number): Promise<Uint8Array> {
  // A stream that is over tells nobody, so waiting for its end would never end.
  if (req.readableDidRead) return Promise.reject(alreadyRead())
  if (req.readableEnded) return Promise.resolve(Buffer.alloc(0))
  if (req.destroyed) return Promise.reject(callerLeft(req.errored))
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > maxBodyBytes) {
        first = undefined
        more = undefined
        req.removeAllListeners('data')
        req.pause()
        reject(tooLarge(maxBodyBytes))
      } else if (first === undefined) first = chunk
      else if (more === undefined) more = [first, chunk]
      else more.push(chunk)
    })
    req.on('end', () => resolve(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, size)))
    req.on('error', (cause) => {
      first = undefined
      more = undefined
      reject(callerLeft(cause))
    })
  })
}
