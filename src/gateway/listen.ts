import type { AddressInfo } from 'node:net'
import type { Clock } from '../clock.ts'
import { ModelspineError } from '../errors.ts'
import type { NodeHandler } from './node-handler.ts'

export interface ListenOptions {
  /** 0 for any free one. */
  readonly port: number
  /** Default `127.0.0.1`: nobody outside this machine. */
  readonly host?: string
  /** More are turned away at once; with the bound on bodies this bounds what callers can make us hold. Default 1000. */
  readonly maxConnections?: number
  /** How long a caller may take to send a whole request; then it is cut with 408. Default 60,000. */
  readonly requestTimeoutMs?: number
}

export interface CloseOptions {
  /** How long requests under way may still take; then they are cut. Default 10,000. */
  readonly drainMs?: number
}

export interface Listening {
  readonly url: string
  readonly port: number
  /** Accepts nothing more, lets requests under way finish, and closes. */
  close(options?: CloseOptions): Promise<void>
}

/** Node's own default for the headers alone. */
const mostHeadersMs = 60_000
const longestCheckMs = 5000

/** Opens a port. The handler can ask whether the draining has begun. Throws `invalid-options`. */
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
      // Node looks for late requests this often.
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
