import type { IncomingMessage, ServerResponse } from 'node:http'
import { ModelspineError, messageOf } from '../errors.ts'
import { scrub } from '../http/scrub.ts'
import type { CallerAbort } from '../routing/attempt/routed-request.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Core } from './core.ts'
import type { GatewayRequest } from './surface.ts'

export interface NodeHandlerOptions {
  readonly core: Core
  readonly basePath: string
  readonly maxBodyBytes: number
  readonly logger: Logger
  /** Whether each connection is to be closed after its answer. */
  readonly draining?: () => boolean
}

export type NodeHandler = (req: IncomingMessage, res: ServerResponse) => void

/**
 * An unread body that is larger than this, or whose length is not known, is not read to its end. Its
 * connection is closed instead.
 */
const worthDraining = 64 * 1024

/** Serves node:http directly, without Request, Response or streams in between. */
export function nodeHandler(options: NodeHandlerOptions): NodeHandler {
  return (req, res) => void respond(req, res, options)
}

async function respond(
  req: IncomingMessage,
  res: ServerResponse,
  options: NodeHandlerOptions,
): Promise<void> {
  try {
    const { status, headers, body } = await options.core(new NodeRequest(req, res, options))
    const unread = !req.complete && !(Number(req.headers['content-length']) <= worthDraining)
    if (unread || options.draining?.() === true) headers.connection = 'close'
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
      res.writeHead(status, headers)
      await sendPieces(body, res)
    } else if (!res.destroyed) {
      const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      // In an answer to HEAD, an empty body does not tell the length that GET would have.
      const hasLength = status !== 204 && status !== 304 && (req.method !== 'HEAD' || length > 0)
      if (hasLength) headers['content-length'] ??= String(length)
      res.writeHead(status, headers)
      res.end(body)
    }
  } catch (error) {
    options.logger.error({ error: scrub(messageOf(error)) }, 'an answer could not be sent')
    res.destroy()
  }
}

/**
 * Tells that the socket was closed before its answer was sent. It is used like an AbortSignal, but costs less
 * for each request.
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

class NodeRequest implements GatewayRequest {
  readonly method: string
  readonly path: string
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #maxBodyBytes: number

  constructor(req: IncomingMessage, res: ServerResponse, { basePath, maxBodyBytes }: NodeHandlerOptions) {
    this.method = req.method ?? ''
    this.path = pathBelow(req.url ?? '/', basePath)
    this.#req = req
    this.#res = res
    this.#maxBodyBytes = maxBodyBytes
  }

  get url(): string {
    const { headers, socket, url = '/' } = this.#req
    const scheme = 'encrypted' in socket ? 'https' : 'http'
    const given = `${scheme}://${headers.host}${url}`
    const read = headers.host === undefined ? null : URL.parse(given)
    // No Request can have user information in its URL.
    const usable = read !== null && read.username === '' && read.password === ''
    return usable ? given : `${scheme}://localhost${url}`
  }

  get abortSignal(): CallerAbort {
    return new CallerLeft(this.#res)
  }

  header(name: string): string | undefined {
    const value = this.#req.headers[name]
    return typeof value === 'string' ? value : value?.[0]
  }

  headers(): IncomingMessage['headers'] {
    return this.#req.headers
  }

  body(): Promise<Uint8Array> {
    return readBody(this.#req, this.#maxBodyBytes)
  }
}

/** The path below the base path. Empty for a path outside the base path, because no surface serves that. */
export function pathBelow(url: string, basePath: string): string {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  if (basePath === '') return path
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : ''
}

export function tooLarge(maxBodyBytes: number): ModelspineError {
  const message = `the body has more than the ${maxBodyBytes} bytes allowed`
  return new ModelspineError('body-too-large', message, { details: { maxBodyBytes } })
}

function readBody(req: IncomingMessage, maxBodyBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (Number(req.headers['content-length'] ?? 0) > maxBodyBytes) return reject(tooLarge(maxBodyBytes))
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size > maxBodyBytes) {
        req.removeAllListeners('data')
        req.pause()
        reject(tooLarge(maxBodyBytes))
      } else if (first === undefined) first = chunk
      else if (more === undefined) more = [first, chunk]
      else more.push(chunk)
    })
    req.on('end', () => resolve(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, size)))
    req.on('error', (cause) =>
      reject(new ModelspineError('aborted', 'the caller went away while sending', { cause })),
    )
  })
}

/** Reads pieces no faster than the caller reads them. Stops reading when the caller has gone away. */
async function sendPieces(pieces: AsyncIterable<string | Uint8Array>, res: ServerResponse): Promise<void> {
  for await (const piece of pieces) {
    if (res.destroyed) return
    if (!res.write(piece)) await drained(res)
  }
  res.end()
}

/** Resolves when the caller has read the data, or has gone away. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    res.on('drain', done)
    res.on('close', done)
  })
}
