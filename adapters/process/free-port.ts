import { createServer } from 'node:net'
import { type Clock, ModelspineError } from 'modelspine/adapter'

export interface PortRange {
  readonly from: number
  readonly to: number
}

/**
 * Below the ports that Linux (from 32768) and the IANA (from 49152) give to whoever asks for any port, such as each
 * connection that a process opens. A port from there may be taken before the new process listens on it.
 */
export const quietPorts: PortRange = { from: 20_000, to: 29_999 }

/**
 * A port of 127.0.0.1 on which no process listens now. Another process may take the port first. Then the new
 * process fails, and its next start gets another port.
 */
export async function freePort(
  taken: ReadonlySet<number>,
  clock: Clock,
  { from, to }: PortRange,
): Promise<number> {
  const count = to - from + 1
  const first = Math.floor(clock.random() * count)
  for (let offset = 0; offset < count; offset += 1) {
    const port = from + ((first + offset) % count)
    if (!taken.has(port) && (await isFree(port))) return port
  }
  throw new ModelspineError('target-unavailable', `no port from ${from} to ${to} is free`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
