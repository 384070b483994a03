import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Agent } from 'undici'

export interface RecordedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly contentType: string | undefined
  readonly body: string
  readonly atMs: number
  /** Undefined while there is no answer. */
  status: number | undefined
}

/** What happens to one request. The first that answers for a request is used up. */
export interface Interference {
  matches(request: RecordedRequest): boolean
  /** `lost`: the server does it, and the connection breaks before the answer. Else this answer, and it does nothing. */
  readonly answer: 'lost' | Answer
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface RecordingProxy {
  /** Plain HTTP, also where the server speaks TLS. */
  readonly url: string
  readonly requests: readonly RecordedRequest[]
  interfere(next: Interference): void
  /** Breaks all connections that still wait for an answer, such as watches. */
  breakOpen(): void
  close(): Promise<void>
}

export interface RecordingProxyOptions {
  readonly url: string
  /** In PEM, for a server with TLS. */
  readonly ca?: string
  /** Called with each request, before it is passed on. */
  readonly onRequest?: (request: RecordedRequest) => void
}

/** An HTTP proxy before a server, which writes down each request and can lose or replace answers. */
export async function recordingProxy({ url, ca, onRequest }: RecordingProxyOptions): Promise<RecordingProxy> {
  const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0, ...(ca !== undefined && { connect: { ca } }) })
  const requests: RecordedRequest[] = []
  const waiting: Interference[] = []
  const open = new Set<ServerResponse>()

  const server = createServer(async (incoming, response) => {
    open.add(response)
    const gone = new AbortController()
    response.on('close', () => {
      open.delete(response)
      gone.abort()
    })
    const body = await buffer(incoming)
    const recorded: RecordedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      contentType: incoming.headers['content-type'],
      body: body.toString(),
      atMs: Date.now(),
      status: undefined,
    }
    requests.push(recorded)
    onRequest?.(recorded)
    const place = waiting.findIndex((each) => each.matches(recorded))
    const [interference] = place < 0 ? [] : waiting.splice(place, 1)
    if (interference !== undefined && interference.answer !== 'lost') {
      const { status, headers, body } = interference.answer
      recorded.status = status
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body ?? {}))
      return
    }
    const { host: _, connection: __, ...headers } = incoming.headers
    try {
      const reply = await agent.request({
        origin: url,
        path: recorded.path,
        method: recorded.method as 'GET',
        headers,
        ...(body.byteLength > 0 && { body }),
        signal: gone.signal,
      })
      recorded.status = reply.statusCode
      if (interference?.answer === 'lost') {
        await reply.body.dump()
        response.destroy()
        return
      }
      const { connection: ___, 'transfer-encoding': ____, ...rest } = reply.headers
      response.writeHead(reply.statusCode, rest)
      // A watch shows that it has begun before its first event.
      response.flushHeaders()
      for await (const chunk of reply.body) response.write(chunk)
      response.end()
    } catch {
      response.destroy()
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    interfere: (next) => void waiting.push(next),
    breakOpen() {
      for (const response of open) response.destroy()
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await agent.destroy()
    },
  }
}
