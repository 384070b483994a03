import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/http/http-client.ts'

export interface RawServer {
  readonly url: string
  /** All connections so far. */
  readonly sockets: readonly Socket[]
}

/**
 * A server that writes bytes as they are. `answer` is called with each request, the number of the connection and the
 * number of the request on it, both from 1. A request and its body must come in one piece.
 */
export async function serveRaw(
  answer: (socket: Socket, connection: number, request: number, text: string) => void,
): Promise<RawServer> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    const connection = sockets.length
    let requests = 0
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      requests += 1
      answer(socket, connection, requests, data.toString('latin1'))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

/** A client that the test closes at its end. */
export function clientOf(baseUrl: string, options: Omit<HttpClientOptions, 'baseUrl'> = {}): HttpClient {
  const client = createHttpClient({ baseUrl, ...options })
  onTestFinished(() => void client.close())
  return client
}

/** An answer whose length is told. `body` has one byte for each letter. */
export function answerOf(body: string, head = 'HTTP/1.1 200 OK'): string {
  return `${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}
