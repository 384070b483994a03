import { AsyncLocalStorage } from 'node:async_hooks'
import { ModelspineError } from '../errors.ts'
import type { Exchange } from './exchange.ts'
import type { Undici } from './load-undici.ts'
import { type TlsOptions, wireTls } from './tls.ts'
import { type Connector, WireConnection } from './wire-connection.ts'

export interface PoolOptions {
  readonly connections: number
  readonly connectTimeoutMs: number
  readonly maxWaiting: number
  readonly waitTimeoutMs: number
  readonly tls?: TlsOptions | undefined
}

/**
 * Connections to one origin. It uses HTTP/1.1 only, because there an aborted call closes its socket, and the
 * upstream notices that. It gives undici a call only together with a connection of its own: what undici queues by itself
 * could not be taken back, and an aborted call would keep its body until its turn came.
 */
export class Pool {
  readonly #undici: Undici
  readonly #origin: string
  readonly #options: PoolOptions
  readonly #connector: Connector
  /** The one that was used last is taken first. */
  readonly #free: WireConnection[] = []
  readonly #all = new Set<WireConnection>()
  /** Calls without a connection, the oldest first. Each is sent in the context in which it came. */
  readonly #waiting = new Map<Exchange, (send: () => void) => void>()
  #isClosing = false
  #closed = (): void => {}

  constructor(undici: Undici, origin: string, options: PoolOptions) {
    this.#undici = undici
    this.#origin = origin
    this.#options = options
    const { connectTimeoutMs, tls } = options
    this.#connector = undici.buildConnector({ allowH2: false, timeout: connectTimeoutMs, ...wireTls(tls) })
  }

  send(exchange: Exchange): void {
    if (exchange.isOver) return
    const connection = this.#takeFree() ?? this.#open()
    if (connection === undefined) this.#wait(exchange)
    else this.#run(exchange, connection)
  }

  /** Lets calls under way and waiting calls finish. */
  close(): Promise<void> {
    this.#isClosing = true
    for (const connection of this.#free.splice(0)) this.#drop(connection)
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#tellClosed()
    })
  }

  #takeFree(): WireConnection | undefined {
    for (;;) {
      const connection = this.#free.pop()
      if (connection === undefined || connection.isFree) return connection
      this.#drop(connection)
    }
  }

  /** A new connection, unless there are as many as may be. */
  #open(): WireConnection | undefined {
    if (this.#all.size >= this.#options.connections) return undefined
    const connection: WireConnection = new WireConnection(this.#undici, this.#origin, this.#connector, () =>
      this.#drop(connection),
    )
    this.#all.add(connection)
    return connection
  }

  #run(exchange: Exchange, connection: WireConnection): void {
    // undici decides on the connection only after it has told the end of the answer.
    exchange.onOver = () => queueMicrotask(() => this.#ended(connection))
    connection.run(exchange, () => this.#again(exchange, connection))
  }

  /** Sends the call anew, on a connection that no idle time can have closed. */
  #again(exchange: Exchange, stale: WireConnection): void {
    this.#all.delete(stale)
    stale.destroy()
    const connection = this.#open()
    if (connection !== undefined) this.#run(exchange, connection)
  }

  #ended(connection: WireConnection): void {
    connection.rest()
    const isDone = this.#isClosing && this.#waiting.size === 0
    if (!connection.isFree || isDone) this.#drop(connection)
    else if (!this.#serve(connection)) this.#free.push(connection)
  }

  /** Gives the connection to the call that has waited longest. */
  #serve(connection: WireConnection): boolean {
    const [next] = this.#waiting
    if (next === undefined) return false
    const [exchange, inItsContext] = next
    exchange.onOver?.()
    inItsContext(() => this.#run(exchange, connection))
    return true
  }

  #drop(connection: WireConnection): void {
    if (!this.#all.delete(connection)) return
    const place = this.#free.indexOf(connection)
    if (place >= 0) this.#free.splice(place, 1)
    connection.destroy()
    if (this.#waiting.size > 0) {
      const other = this.#open()
      if (other !== undefined) this.#serve(other)
    }
    this.#tellClosed()
  }

  #wait(exchange: Exchange): void {
    const { maxWaiting, waitTimeoutMs, connections } = this.#options
    const busy = `all ${connections} connections to ${this.#origin} are busy`
    const details = { phase: 'connecting', connections, waiting: this.#waiting.size }
    if (this.#waiting.size >= maxWaiting) {
      const message = `${busy}, and ${maxWaiting} calls wait for one already`
      exchange.end(new ModelspineError('overloaded', message, { details }))
      return
    }
    const timer = setTimeout(() => {
      const message = `${busy}, and none became free within ${waitTimeoutMs} ms`
      exchange.end(new ModelspineError('overloaded', message, { details }))
    }, waitTimeoutMs)
    this.#waiting.set(exchange, AsyncLocalStorage.snapshot())
    exchange.onOver = () => {
      clearTimeout(timer)
      this.#waiting.delete(exchange)
      this.#tellClosed()
    }
  }

  #tellClosed(): void {
    if (this.#isClosing && this.#all.size === 0 && this.#waiting.size === 0) this.#closed()
  }
}
