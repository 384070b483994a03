import type { HostCheck } from './callers/hosts.ts'
import type { Core } from './core.ts'
import { alreadyRead, callerLeft, tooLarge, wrongHost } from './failure.ts'
import { headersOf } from './headers-of.ts'
import { pathBelow } from './request-target.ts'
import type { Answer, GatewayRequest } from './surface.ts'

export interface FetchHandlerOptions {
  readonly core: Core
  readonly basePath: string
  readonly maxBodyBytes: number
  readonly servesHost: HostCheck | undefined
}

/** A handler with the fetch signature, for frameworks, edge runtimes and tests. */
export function fetchHandler(options: FetchHandlerOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    const controller = new AbortController()
    const leave = (): void => controller.abort()
    if (request.signal.aborted) leave()
    else request.signal.addEventListener('abort', leave, { once: true })
    const answer = await options.core(new FetchRequest(request, controller.signal, options))
    const { status, headers } = answer
    const body = request.method === 'HEAD' ? null : bodyOf(answer, leave)
    return new Response(body, { status, headers: headersOf(headers) })
  }
}

class FetchRequest implements GatewayRequest {
  readonly method: string
  readonly url: string
  readonly path: string
  readonly abortSignal: AbortSignal
  readonly #request: Request
  readonly #options: FetchHandlerOptions

  constructor(request: Request, abortSignal: AbortSignal, options: FetchHandlerOptions) {
    this.method = request.method
    this.url = request.url
    this.path = pathBelow(new URL(request.url).pathname, options.basePath)
    this.abortSignal = abortSignal
    this.#request = request
    this.#options = options
  }

  get refusal(): Error | undefined {
    const { servesHost } = this.#options
    if (servesHost === undefined) return undefined
    // Some frameworks make the URL of the address that they listen on.
    const host = this.header('host') ?? new URL(this.url).host
    return servesHost(host) ? undefined : wrongHost(host)
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#request.headers)
  }

  async body(): Promise<Uint8Array> {
    const { maxBodyBytes } = this.#options
    if (Number(this.header('content-length') ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
    if (this.#request.bodyUsed) throw alreadyRead()
    const chunks: Uint8Array[] = []
    let size = 0
    try {
      for await (const chunk of this.#request.body ?? []) {
        size += chunk.byteLength
        // Leaving the loop cancels the body.
        if (size > maxBodyBytes) break
        chunks.push(chunk)
      }
    } catch (cause) {
      throw callerLeft(cause)
    }
    if (size > maxBodyBytes) throw tooLarge(maxBodyBytes)
    return Buffer.concat(chunks, size)
  }
}

function bodyOf({ body }: Answer, leave: () => void): ConstructorParameters<typeof Response>[0] {
  // A response without a body, such as 204, takes no empty text either.
  if (body === '') return null
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return body as Uint8Array<ArrayBuffer>
  const pieces = body[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await pieces.next()
        if (step.done === true) controller.close()
        else controller.enqueue(typeof step.value === 'string' ? encoder.encode(step.value) : step.value)
      },
      async cancel() {
        leave()
        await pieces.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
