import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * How many connections are accepted above the most. Health probes are answered on them, and every other request is
 * refused.
 */
const reserve = 32

/**
 * The connections of a server. When there are more than the most, the one that has been idle longest is closed. A
 * connection is idle while it waits for a request, also for the rest of its headers.
 */
export class OpenSockets {
  readonly #most: number
  /** The number of requests under way, by connection. */
  readonly #requests = new Map<Socket, number>()
  /** The longest idle first. */
  readonly #idle = new Set<Socket>()
  /** As many as there are above the most. The oldest first. */
  readonly #extra = new Set<Socket>()

  constructor(most: number) {
    this.#most = most
  }

  opened(socket: Socket): void {
    this.#requests.set(socket, 0)
    this.#idle.add(socket)
    socket.once('close', () => this.#forget(socket))
    if (this.#requests.size <= this.#most) return
    this.#extra.add(socket)
    if (!this.#closeIdle((idle) => !this.#extra.has(idle)) && this.#extra.size > reserve) {
      this.#closeIdle((idle) => this.#extra.has(idle))
    }
  }

  /** A request begins. The connection is idle again when every answer on it was sent. */
  began(socket: Socket, response: ServerResponse): void {
    this.#requests.set(socket, (this.#requests.get(socket) ?? 0) + 1)
    this.#idle.delete(socket)
    response.once('close', () => this.#ended(socket))
  }

  /** Whether a connection is one too many, although the idle ones were closed. */
  isExtra(socket: Socket): boolean {
    while (this.#extra.has(socket)) {
      if (!this.#closeIdle((idle) => !this.#extra.has(idle))) return true
    }
    return false
  }

  #ended(socket: Socket): void {
    const left = (this.#requests.get(socket) ?? 0) - 1
    if (left < 0) return
    this.#requests.set(socket, left)
    if (left === 0) this.#idle.add(socket)
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
    if (!this.#requests.delete(socket)) return
    this.#idle.delete(socket)
    if (this.#extra.delete(socket)) return
    for (const oldest of this.#extra) {
      this.#extra.delete(oldest)
      return
    }
  }
}
