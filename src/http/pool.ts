import { AsyncLocalStorage } from 'node:async_hooks'
import type { Socket } from 'node:net'
import { ModelspineError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Undici } from './load-undici.ts'
import { type TlsOptions, wireTls } from './tls.ts'
import { WireConnection } from './wire-connection.ts'

export interface PoolOptions {
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly maxWaiting: number
  readonly waitTimeoutMs: number
  readonly tls?: TlsOptions | undefined
}

/** A connection that is being made, for whichever call has waited longest when it is there. */
interface Attempt {
  socket?: Socket
}

/**
 * Connections to one origin. It uses HTTP/1.1 only, because there an aborted call closes its socket, and the
 * upstream notices that. It gives undici a call only together with a connection of its own: what undici queues by itself
 * could not be taken back, and an aborted call would keep its body until its turn came.
 */
export class Pool {
  readonly #undici: Undici
  readonly #origin: URL
  readonly #options: PoolOptions
  readonly #connector: ReturnType<Undici['buildConnector']>
  /** The one that was used last is taken first. */
  readonly #free: WireConnection[] = []
  readonly #all = new Set<WireConnection>()
  readonly #attempts = new Set<Attempt>()
  /** Calls without a connection, the oldest first. Each is sent in the context in which it came. */
  readonly #waiting = new Map<Exchange, (send: () => void) => void>()
  #isClosing = false
  #closed = (): void => {}

  constructor(undici: Undici, origin: string, options: PoolOptions) {
    this.#undici = undici
    this.#origin = new URL(origin)
    this.#options = options
    const { connectTimeoutMs, tls } = options
    this.#connector = undici.buildConnector({ allowH2: false, timeout: connectTimeoutMs, ...wireTls(tls) })
  }

  send(exchange: Exchange): void {
    if (exchange.isOver) return
    const connection = this.#takeFree()
    if (connection === undefined) this.#wait(exchange)
    else this.#run(exchange, connection)
  }

  /** Lets calls under way and waiting calls finish. */
  close(): Promise<void> {
    this.#isClosing = true
    for (const connection of this.#free.splice(0)) this.#drop(connection)
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#endWhenIdle()
    })
  }

  #takeFree(): WireConnection | undefined {
    for (;;) {
      const connection = this.#free.pop()
      if (connection === undefined || connection.isFree) return connection
      this.#drop(connection)
    }
  }

  #run(exchange: Exchange, connection: WireConnection): void {
    // undici decides on the connection only after it has told the end of the answer.
    const over = (): void => queueMicrotask(() => this.#ended(connection))
    exchange.onOver = over
    connection.run(exchange, () => {
      this.#all.delete(connection)
      connection.destroy()
      this.#queue(exchange)
    })
  }

  #ended(connection: WireConnection): void {
    connection.ended()
    if (connection.isFree) this.#use(connection)
    else this.#drop(connection)
  }

  /** Gives the connection to the call that has waited longest, or lets it rest. */
  #use(connection: WireConnection): void {
    const [next] = this.#waiting
    if (next !== undefined) {
      const [exchange, inItsContext] = next
      exchange.onOver?.()
      inItsContext(() => this.#run(exchange, connection))
    } else if (this.#isClosing) this.#drop(connection)
    else {
      connection.rest()
      this.#free.push(connection)
    }
  }

  #drop(connection: WireConnection): void {
    if (!this.#all.delete(connection)) return
    const place = this.#free.indexOf(connection)
    if (place >= 0) this.#free.splice(place, 1)
    connection.destroy()
    this.#grow()
    this.#endWhenIdle()
  }

  #wait(exchange: Exchange): void {
    const { maxWaiting, connections } = this.#options
    if (this.#waiting.size - this.#attempts.size < maxWaiting) this.#queue(exchange)
    else exchange.end(this.#busy(`and ${maxWaiting} calls wait for one already`, connections))
  }

  #queue(exchange: Exchange): void {
    const { waitTimeoutMs, connections } = this.#options
    let timer: NodeJS.Timeout | undefined
    this.#waiting.set(exchange, AsyncLocalStorage.snapshot())
    const over = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(exchange)
      this.#endWhenIdle()
    }
    exchange.onOver = over
    this.#grow()
    // Others have their own limit, that of the connection which is being made.
    if (this.#attempts.size >= this.#waiting.size) return
    timer = setTimeout(() => {
      exchange.end(this.#busy(`and none became free within ${waitTimeoutMs} ms`, connections))
    }, waitTimeoutMs)
  }

  #busy(why: string, connections: number): ModelspineError {
    const message = `all ${connections} connections to ${this.#origin.origin} are busy, ${why}`
    const details = { phase: 'connecting', connections, waiting: this.#waiting.size }
    return new ModelspineError('overloaded', message, { details })
  }

  /** Makes connections while more calls wait than connections are being made, and there may be more. */
  #grow(): void {
    const { connections } = this.#options
    while (this.#attempts.size < this.#waiting.size && this.#attempts.size + this.#all.size < connections)
      this.#connect()
  }

  #connect(): void {
    const { protocol, host, hostname, port } = this.#origin
    const attempt: Attempt = {}
    this.#attempts.add(attempt)
    const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
    const connecting: unknown = this.#connector({ protocol, host, hostname: bare, port }, (error, socket) => {
      if (!this.#attempts.delete(attempt)) return
      if (error === null) this.#connected(socket)
      else this.#failed(error)
    })
    // `buildConnector` gives the socket, which its type does not say.
    attempt.socket = connecting as Socket
  }

  #connected(socket: Socket): void {
    const connection: WireConnection = new WireConnection(this.#undici, this.#origin.origin, socket, () =>
      this.#drop(connection),
    )
    this.#all.add(connection)
    this.#use(connection)
  }

  #failed(error: Error): void {
    const [oldest] = this.#waiting.keys()
    oldest?.onResponseError(null, error)
    this.#grow()
    this.#endWhenIdle()
  }

  #endWhenIdle(): void {
    if (!this.#isClosing || this.#waiting.size > 0) return
    for (const { socket } of this.#attempts) socket?.destroy()
    this.#attempts.clear()
    if (this.#all.size === 0) this.#closed()
  }
}
