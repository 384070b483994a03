import type { IncomingMessage, ServerResponse } from 'node:http'
import { ModelspineError, messageOf } from '../errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Core } from './core.ts'
import type { Answer, GatewayRequest } from './surface.ts'

export interface NodeHandlerOptions {
  readonly core: Core
  readonly basePath: string
  readonly maxBodyBytes: number
  readonly logger: Logger
  /** Whether connections are to be closed after their answer. */
  readonly draining?: () => boolean
}

export type NodeHandler = (req: IncomingMessage, res: ServerResponse) => void

/** An unread body above this is not drained to save its connection. */
const worthDraining = 64 * 1024

/** Serves node:http directly: no Request, no Response, no streams in between. */
export function nodeHandler(options: NodeHandlerOptions): NodeHandler {
  return (req, res) => {
    const request = new NodeRequest(req, res, options)
    options
      .core(request)
      .then((answer) => send(answer, req, res, options.draining?.() === true))
      .catch((error) => {
        options.logger.error({ error: messageOf(error) }, 'an answer could not be sent')
        res.destroy()
      })
  }
}

class NodeRequest implements GatewayRequest {
  readonly method: string
  readonly path: string
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #maxBodyBytes: number
  #controller: AbortController | undefined

  constructor(req: IncomingMessage, res: ServerResponse, { basePath, maxBodyBytes }: NodeHandlerOptions) {
    this.method = req.method ?? ''
    this.path = pathBelow(req.url ?? '/', basePath)
    this.#req = req
    this.#res = res
    this.#maxBodyBytes = maxBodyBytes
  }

  get abort(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      const res = this.#res
      if (res.destroyed) controller.abort()
      res.on('close', () => {
        if (!res.writableFinished) controller.abort()
      })
    }
    return this.#controller.signal
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

/** A path outside the base is kept whole, and so found nowhere. */
export function pathBelow(url: string, basePath: string): string {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  return basePath !== '' && path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path
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

async function send(
  answer: Answer,
  req: IncomingMessage,
  res: ServerResponse,
  draining: boolean,
): Promise<void> {
  const { status, headers, body } = answer
  const unread = !req.complete && !(Number(req.headers['content-length']) <= worthDraining)
  if (draining || unread) headers.connection = 'close'
  if (res.destroyed) return leave(body)
  if (typeof body === 'string' || body instanceof Uint8Array) {
    headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength)
    res.writeHead(status, headers)
    res.end(body)
  } else {
    res.writeHead(status, headers)
    for await (const text of body) {
      if (res.destroyed) break
      if (!res.write(text)) await drained(res)
    }
    res.end()
  }
}

/** A stream that nobody began to read ends with its request's abort. */
function leave(body: Answer['body']): void {
  if (typeof body === 'object' && !(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.()
}

/** Until the caller has read, or is gone. */
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
