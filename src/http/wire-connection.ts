import type { Socket } from 'node:net'
import type { WireDispatcher } from './dispatcher.ts'
import type { Exchange } from './exchange.ts'
import type { Undici } from './load-undici.ts'
import { dispatchWithOneTrace } from './one-trace.ts'
import { type AnswerStart, skipInterim } from './skip-interim.ts'

/** How long a connection is kept that no call has used yet. undici keeps used ones as long, unless the server says more. */
const unusedMs = 4000

/** One connection to a server, with one call at a time. */
export class WireConnection {
  readonly #socket: Socket
  readonly #client: InstanceType<Undici['Client']>
  readonly #start: AnswerStart
  #exchange: Exchange | undefined
  #state: 'new' | 'resting' | 'used' = 'new'
  /** Whether it is not just made, so that the server may have closed it meanwhile. */
  #mayBeStale = false
  #stopWatching: () => void = nothing

  /** `lost` is called when it was closed while no call used it. */
  constructor(undici: Undici, origin: string, socket: Socket, lost: () => void) {
    this.#socket = socket
    this.#start = skipInterim(socket, () => this.#exchange?.answerBegan())
    let isTaken = false
    this.#client = new undici.Client(origin, {
      // Called at the first call, and again when the connection was closed before a call was written.
      connect: (_options, told) => {
        const isGone = isTaken
        isTaken = true
        queueMicrotask(() => (isGone ? told(closedError(), null) : told(null, socket)))
      },
    })
    socket.once('close', () => {
      this.#stopWatching()
      if (this.#exchange === undefined) queueMicrotask(lost)
    })
  }

  /** Whether it can take a call. */
  get isFree(): boolean {
    if (this.#state !== 'used') return !this.#socket.destroyed
    const { connected, size } = this.#client.stats
    return connected && size === 0
  }

  /** Sends a call. `stale` is called in place of the call's end when the server closed the connection before the call. */
  run(exchange: Exchange, stale: () => void): void {
    this.#stopWatching()
    this.#state = 'used'
    this.#exchange = exchange
    exchange.onStale = this.#mayBeStale ? stale : undefined
    this.#start.awaited()
    dispatchWithOneTrace(this.#client as unknown as WireDispatcher, exchange.wire, exchange)
  }

  /** The call is over. */
  ended(): void {
    this.#exchange = undefined
    this.#mayBeStale = true
  }

  /** Waits for a call. */
  rest(): void {
    this.#mayBeStale = true
    if (this.#state === 'new') this.#watch()
  }

  /** Closes it, with the call that it may have. */
  destroy(): void {
    this.#exchange = undefined
    this.#client.destroy().catch(() => {})
    this.#socket.destroy()
  }

  /** Until its first call, undici does not see what becomes of the socket. */
  #watch(): void {
    this.#state = 'resting'
    const end = (): void => void this.#socket.destroy()
    const timer = setTimeout(end, unusedMs)
    timer.unref()
    this.#socket.unref()
    // The end of the connection, or bytes that nobody asked for.
    this.#socket.on('readable', end)
    const stop = (): void => {
      clearTimeout(timer)
      this.#socket.ref()
      this.#socket.off('readable', end)
      this.#stopWatching = nothing
    }
    this.#stopWatching = stop
  }
}

function nothing(): void {}

function closedError(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })
}
