import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * How many connections are accepted above the most. Health probes are answered on them, and every other request is
 * refused.
 */
const reserve = 32

interface OpenSocket {
  /** How many of its requests are under way. */
  requests: number
  /** Called when an answer was sent, or when the caller left before. */
  readonly answered: () => void
}

/**
 * The connections of a server. When there are more than the most, the one that has been idle longest is closed. A
 * connection is idle while it waits for a request, also for the rest of its headers.
 */
export class OpenSockets {
  readonly #most: number
  readonly #open = new Map<Socket, OpenSocket>()
  /** The longest idle first. */
  readonly #idle = new Set<Socket>()
  /** As many as there are above the most. The oldest first. */
  readonly #extra = new Set<Socket>()
  #isClosing = false

  constructor(most: number) {
    this.#most = most
  }

  opened(socket: Socket): void {
    const open: OpenSocket = { requests: 0, answered: () => this.#answered(socket, open) }
    this.#open.set(socket, open)
    this.#idle.add(socket)
    socket.once('close', () => this.#forget(socket))
    if (this.#open.size <= this.#most) return
    this.#extra.add(socket)
    if (!this.#closeIdle((idle) => !this.#extra.has(idle)) && this.#extra.size > reserve) {
      this.#closeIdle((idle) => this.#extra.has(idle))
    }
  }

  /** A request begins. The connection is idle again when every answer on it was sent. */
  began(socket: Socket, response: ServerResponse): void {
    const open = this.#open.get(socket)
    if (open === undefined) return
    open.requests += 1
    this.#idle.delete(socket)
    response.on('close', open.answered)
  }

  /** Whether a connection is one too many, although the idle ones were closed. */
  isExtra(socket: Socket): boolean {
    while (this.#extra.has(socket)) {
      if (!this.#closeIdle((idle) => !this.#extra.has(idle))) return true
    }
    return false
  }

  /**
   * Closes every connection without a request under way now, and each other one after its last answer. Node keeps
   * those that never had a request, and those whose answer had begun before.
   */
  closeAllIdle(): void {
    this.#isClosing = true
    for (const socket of this.#idle) socket.destroy()
  }

  #answered(socket: Socket, open: OpenSocket): void {
    open.requests -= 1
    if (open.requests > 0 || !this.#open.has(socket)) return
    if (this.#isClosing) socket.destroySoon()
    else this.#idle.add(socket)
  }

  #closeIdle(which: (socket: Socket) => boolean): boolean {
    for (const socket of this.#idle) {
      if (!which(socket)) continue
      this.#forget(socket)
      socket.destroy()
      return true
    }
    return false
  }

  #forget(socket: Socket): void {
    if (!this.#open.delete(socket)) return
    this.#idle.delete(socket)
    if (this.#extra.delete(socket)) return
    for (const oldest of this.#extra) {
      this.#extra.delete(oldest)
      return
    }
  }
}
