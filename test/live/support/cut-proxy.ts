import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from '../../../servers/free-port.ts'

export interface CutProxy {
  /** The address of what stands behind, with the proxy's host and port. TLS passes through unread. */
  readonly url: string
  /** How many connections it has accepted so far. */
  readonly connections: number
  /** Resets all connections, and refuses new ones. */
  cut(): Promise<void>
  /** Holds back every byte in both directions, and accepts new connections without an answer. */
  silence(): void
  /** Lets everything through again, also what was held back. */
  restore(): Promise<void>
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  /** Absent while the connection has only known silence. */
  upstream?: Socket
}

/** A TCP proxy on the loopback that breaks the way to a server and leaves the server alone. */
export async function cutProxy(url: string): Promise<CutProxy> {
  const target = new URL(url)
  const address = { host: target.hostname, port: Number(target.port), allowHalfOpen: true }
  const port = await freePort()
  const links = new Set<Link>()
  let connections = 0
  let silent = false
  let server: Server | undefined = await listen()

  async function listen(): Promise<Server> {
    const listening = createServer({ allowHalfOpen: true }, (client) => {
      connections += 1
      const link: Link = { client }
      links.add(link)
      client.on('error', () => drop(link))
      client.on('close', () => {
        if (link.upstream === undefined) links.delete(link)
      })
      if (!silent) flow(link)
    })
    await once(listening.listen(port, '127.0.0.1'), 'listening')
    return listening
  }

  function flow(link: Link): void {
    const upstream = link.upstream ?? connect(address)
    if (link.upstream === undefined) {
      upstream.on('error', () => drop(link))
      upstream.on('close', () => links.delete(link))
    }
    link.upstream = upstream
    link.client.pipe(upstream)
    upstream.pipe(link.client)
  }

  function drop(link: Link): void {
    links.delete(link)
    reset(link.client)
    if (link.upstream !== undefined) reset(link.upstream)
  }

  async function cut(): Promise<void> {
    const closed = server === undefined ? undefined : once(server, 'close')
    server?.close()
    server = undefined
    for (const link of [...links]) drop(link)
    await closed
  }

  return {
    url: `${target.protocol}//127.0.0.1:${port}${target.pathname.replace(/\/$/, '')}`,
    get connections() {
      return connections
    },
    cut,
    silence() {
      silent = true
      for (const { client, upstream } of links) {
        if (upstream === undefined) continue
        client.unpipe(upstream)
        upstream.unpipe(client)
      }
    },
    async restore() {
      if (silent) {
        silent = false
        for (const link of links) flow(link)
      }
      server ??= await listen()
    },
    close: cut,
  }
}

/** libuv refuses to reset a socket whose own half is closed, and Node then never closes its handle. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
