import type { Socket } from 'node:net'
import type { WireDispatcher } from './dispatcher.ts'
import type { Exchange } from './exchange.ts'
import type { Undici } from './load-undici.ts'
import { dispatchWithOneTrace } from './one-trace.ts'
import { type AnswerStart, skipInterim } from './skip-interim.ts'

/** Makes a socket with TCP or TLS, as undici's `buildConnector` does. */
export type Connector = ReturnType<Undici['buildConnector']>

/** One connection to a server, with one call at a time. */
export class WireConnection {
  readonly #client: InstanceType<Undici['Client']>
  #socket: Socket | undefined
  #start: AnswerStart | undefined
  #exchange: Exchange | undefined
  /** Whether a call before the present one was answered on it. */
  #isUsed = false

  /** Connects with the first call. `lost` is called when it was closed while no call used it. */
  constructor(undici: Undici, origin: string, connector: Connector, lost: () => void) {
    this.#client = new undici.Client(origin, {
      allowH2: false,
      connect: (options, told) => {
        this.#isUsed = false
        // What `buildConnector` makes returns the socket, which its type does not say.
        const connecting: unknown = connector(options, (...made) => {
          const [, socket] = made
          if (socket !== null && socket !== undefined) {
            this.#start = skipInterim(socket, () => this.#exchange?.answerBegan())
          }
          told(...made)
        })
        this.#socket = connecting as Socket | undefined
      },
    })
    this.#client.on('disconnect', () => {
      if (this.#exchange === undefined) lost()
    })
  }

  /** Whether it can take a call. */
  get isFree(): boolean {
    const { connected, size } = this.#client.stats
    return connected && size === 0
  }

  /** Sends a call. `stale` is called in place of the call's end when the connection was closed since the call before it. */
  run(exchange: Exchange, stale: () => void): void {
    this.#exchange = exchange
    this.#start?.awaited()
    exchange.onStale = this.#isUsed ? stale : undefined
    dispatchWithOneTrace(this.#client as unknown as WireDispatcher, exchange.wire, exchange)
  }

  /** The call is over. */
  rest(): void {
    this.#exchange = undefined
    this.#isUsed = true
  }

  /** Closes it, with the call that it may have. */
  destroy(): void {
    this.#exchange = undefined
    this.#client.destroy().catch(() => {})
    this.#socket?.destroy()
  }
}
