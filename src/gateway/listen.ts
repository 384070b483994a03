import type { AddressInfo } from 'node:net'
import type { Clock } from '../clock.ts'
import type { NodeHandler } from './node-handler.ts'

export interface ListenOptions {
  /** 0 for any free one. */
  readonly port: number
  /** Default `127.0.0.1`: nobody outside this machine. */
  readonly host?: string
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

/** Opens a port. The handler can ask whether the draining has begun. */
export async function listen(
  handlerOf: (draining: () => boolean) => NodeHandler,
  clock: Clock,
  { port, host = '127.0.0.1' }: ListenOptions,
): Promise<Listening> {
  const { createServer } = await import('node:http')
  let closing: Promise<void> | undefined
  const server = createServer(handlerOf(() => closing !== undefined))
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
