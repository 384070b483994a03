import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Loopback {
  readonly url: string
  readonly server: Server
  /**
   * Ends the connections that have no request. The other side knows it at once. It does not when a socket is only closed,
   * while another thread starts a process: until that runs its program, it holds all sockets of this process as well.
   */
  hangUp(): void
  close(): Promise<void>
}

/** A real server on a free port of the loopback; `handle` is given the whole body. */
export async function serveLoopback(
  handle: (request: IncomingMessage, body: Buffer, response: ServerResponse) => void | Promise<void>,
): Promise<Loopback> {
  const idle = new Set<Socket>()
  const server = createServer((request, response) => {
    idle.delete(request.socket)
    response.once('close', () => {
      if (!request.socket.destroyed) idle.add(request.socket)
    })
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void handle(request, Buffer.concat(chunks), response))
    request.on('error', () => {})
  })
  server.on('connection', (socket: Socket) => {
    idle.add(socket)
    socket.once('close', () => idle.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    hangUp() {
      for (const socket of idle) socket.end()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
