import type { AddressInfo } from 'node:net'
import type { Clock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import type { NodeHandler } from './node-handler.ts'

export interface ListenOptions {
  /** The port's number. 0 for any free port. */
  readonly port: number
  /** Default `127.0.0.1`, which only this machine can reach. */
  readonly host?: string
  /**
   * The most connections at the same time. Further connections are refused at once. Together with
   * `maxBodyBytes` this limits the memory that callers can use. Default 1000.
   */
  readonly maxConnections?: number
  /**
   * How long a caller may take to send a whole request, in milliseconds. After that the gateway answers 408
   * and closes the connection. Default 60,000.
   */
  readonly requestTimeoutMs?: number
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

/** Node's own default time limit for the headers. */
const mostHeadersMs = 60_000
const longestCheckMs = 5000

/**
 * Opens a port. `handlerOf` gets a function that tells whether draining has begun. Throws `invalid-options`.
 */
export async function listen(
  handlerOf: (draining: () => boolean) => NodeHandler,
  clock: Clock,
  { port, host = '127.0.0.1', maxConnections = 1000, requestTimeoutMs = 60_000 }: ListenOptions,
): Promise<Listening> {
  const { createServer } = await import('node:http')
  let closing: Promise<void> | undefined
  for (const [name, value] of Object.entries({ maxConnections, requestTimeoutMs })) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new ModelspineError('invalid-options', `${name} is ${value}: give a whole number above 0`)
  }
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(requestTimeoutMs, mostHeadersMs),
      // How often Node looks for late requests.
      connectionsCheckingInterval: Math.min(requestTimeoutMs, longestCheckMs),
    },
    handlerOf(() => closing !== undefined),
  )
  server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${shown}:${address.port}`,
    port: address.port,
    close({ drainMs = 10_000 } = {}) {
      closing ??= new Promise((resolve) => {
        const timer = clock.schedule(drainMs, () => server.closeAllConnections(), true)
        server.close(() => {
          timer.cancel()
          resolve()
        })
      })
      return closing
    },
  }
}
