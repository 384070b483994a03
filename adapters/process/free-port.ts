import { createServer } from 'node:net'
import { type Clock, ModelspineError } from 'modelspine/adapter'

export interface PortRange {
  readonly from: number
  readonly to: number
}

/**
 * A port of 127.0.0.1 on which no process listens now. Another process may take the port first. Then the new
 * process fails, and its next start gets another port.
 */
export async function freePort(
  taken: ReadonlySet<number>,
  clock: Clock,
  range: PortRange | undefined,
): Promise<number> {
  if (range === undefined) {
    for (let tries = 0; tries < 100; tries += 1) {
      const port = await listenOnce(0)
      if (port !== undefined && !taken.has(port)) return port
    }
    throw new ModelspineError('target-unavailable', 'the system gives no free port of 127.0.0.1')
  }
  const count = range.to - range.from + 1
  const first = Math.floor(clock.random() * count)
  for (let offset = 0; offset < count; offset += 1) {
    const port = range.from + ((first + offset) % count)
    if (!taken.has(port) && (await listenOnce(port)) !== undefined) return port
  }
  throw new ModelspineError('target-unavailable', `no port from ${range.from} to ${range.to} is free`)
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
