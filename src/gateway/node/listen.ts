import type { AddressInfo } from 'node:net'
import type { Clock } from '../../clock.ts'
import { checkNumbers } from '../../http/check-options.ts'
import { checkOptions, type OptionKinds, wrongOption } from '../../resources/problems/known-options.ts'
import { type HostCheck, loopbackCheck } from '../callers/hosts.ts'
import type { NodeHandler, ServerFacts } from './node-handler.ts'
import { OpenSockets } from './open-sockets.ts'

export interface ListenOptions {
  /** The port's number. 0 for any free port. */
  readonly port: number
  /** Default `127.0.0.1`, which only this machine can reach. */
  readonly host?: string
  /**
   * The most connections at the same time. When one more comes, the one that has been idle longest is closed. When none
   * is idle, the new one has only health probes answered. Together with `maxBodyBytes` this limits the memory that
   * callers can use. Default 1000.
   */
  readonly maxConnections?: number
  /**
   * How long a caller may take to send a whole request, in milliseconds. After that the gateway answers 408
   * and closes the connection. Default 60,000.
   */
  readonly requestTimeoutMs?: number
  /**
   * How long a connection stays open between two requests, in milliseconds. Take more than the load balancer in front
   * of the gateway, so that it never sends a request into a connection that is just being closed. Default 75,000.
   */
  readonly keepAliveTimeoutMs?: number
}

export interface CloseOptions {
  /**
   * How long requests under way may still take, in milliseconds. After that they are cut off. Default 10,000.
   */
  readonly drainMs?: number
}

export interface Listening {
  readonly url: string
  readonly port: number
  /** Accepts no more connections, lets requests under way finish, and closes. */
  close(options?: CloseOptions): Promise<void>
}

const kinds: OptionKinds<ListenOptions> = {
  port: 'any',
  host: 'string',
  maxConnections: 'any',
  requestTimeoutMs: 'any',
  keepAliveTimeoutMs: 'any',
}

/** Node's own default time limit for the headers. */
const mostHeadersMs = 60_000
const longestCheckMs = 5000

/**
 * Opens a port. `handlerOf` makes the handler for what the server knows. Throws `invalid-options`.
 */
export async function listen(
  handlerOf: (server: ServerFacts) => NodeHandler,
  clock: Clock,
  options: ListenOptions,
): Promise<Listening> {
  checkOptions(options, kinds)
  const { port, host = '127.0.0.1', maxConnections = 1000, requestTimeoutMs = 60_000 } = options
  const { keepAliveTimeoutMs = 75_000 } = options
  checkNumbers({ maxConnections, requestTimeoutMs, keepAliveTimeoutMs })
  checkPort(port)
  const { createServer } = await import('node:http')
  const sockets = new OpenSockets(maxConnections)
  let closing: Promise<void> | undefined
  let servesHost: HostCheck | undefined
  const handler = handlerOf({
    get isDraining() {
      return closing !== undefined
    },
    get servesHost() {
      return servesHost
    },
    isExtra: ({ socket }) => sockets.isExtra(socket),
  })
  const serve: NodeHandler = (req, res) => {
    sockets.began(req.socket, res)
    handler(req, res)
  }
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(requestTimeoutMs, mostHeadersMs),
      keepAliveTimeout: keepAliveTimeoutMs,
      // How often Node looks for late requests.
      connectionsCheckingInterval: Math.min(requestTimeoutMs, longestCheckMs),
    },
    serve,
  )
  server.on('checkContinue', serve)
  server.on('connection', (socket) => sockets.opened(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { address, family, port: opened } = server.address() as AddressInfo
  servesHost = loopbackCheck(address, host)
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${opened}`,
    port: opened,
    close({ drainMs = 10_000 } = {}) {
      closing ??= new Promise((resolve) => {
        const timer = clock.schedule(drainMs, () => server.closeAllConnections(), true)
        server.close(() => {
          timer.cancel()
          resolve()
        })
        sockets.closeAllIdle()
      })
      return closing
    },
  }
}

/** Node takes any other text for the name of a local socket. */
function checkPort(port: unknown): void {
  if (Number.isSafeInteger(port) && Number(port) >= 0 && Number(port) <= 65_535) return
  const is = port === undefined ? 'missing' : typeof port === 'string' ? JSON.stringify(port) : String(port)
  throw wrongOption('port', `is ${is}: give a whole number from 0 to 65535`)
}
