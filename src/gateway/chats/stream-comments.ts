import type { Clock, Timer } from '../../clock.ts'

/** A comment of the event-stream format. Every reader of the format skips it. */
const comment = ': keep-alive\n\n'

/**
 * The pieces of a stream, with a comment whenever nothing came for `pauseMs`. So proxies on the way do not take a
 * model that thinks for a connection that hangs.
 */
export class StreamComments implements AsyncIterableIterator<string> {
  readonly #pieces: AsyncIterator<string>
  readonly #clock: Clock
  readonly #pauseMs: number
  /** The next piece, while it is waited for. A comment may be given before it. */
  #next: Promise<IteratorResult<string>> | undefined
  #give: ((step: IteratorResult<string>) => void) | undefined
  #since = 0
  #timer: Timer | undefined

  constructor(pieces: AsyncIterable<string>, clock: Clock, pauseMs: number) {
    this.#pieces = pieces[Symbol.asyncIterator]()
    this.#clock = clock
    this.#pauseMs = pauseMs
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<string>> {
    this.#since = this.#clock.monotonic()
    if (this.#timer === undefined) this.#arm(this.#pauseMs)
    this.#next ??= this.#pieces.next()
    const pending = this.#next
    return new Promise((resolve, reject) => {
      this.#give = resolve
      pending.then(
        (step) => {
          // A comment was given instead. The caller will ask again.
          if (this.#give !== resolve) return
          this.#settle()
          if (step.done === true) this.#timer?.cancel()
          resolve(step)
        },
        (error: unknown) => {
          if (this.#give !== resolve) return
          this.#settle()
          this.#timer?.cancel()
          reject(error)
        },
      )
    })
  }

  async return(): Promise<IteratorResult<string>> {
    this.#timer?.cancel()
    this.#give = undefined
    return (await this.#pieces.return?.()) ?? { done: true, value: undefined }
  }

  #settle(): void {
    this.#give = undefined
    this.#next = undefined
  }

  /** Looks again when the pause could be long enough. So a piece that comes in time sets no timer. */
  #arm(afterMs: number): void {
    this.#timer = this.#clock.schedule(afterMs, () => {
      const give = this.#give
      const pausedMs = this.#clock.monotonic() - this.#since
      if (give === undefined || pausedMs < this.#pauseMs) {
        this.#arm(Math.max(1, this.#pauseMs - (give === undefined ? 0 : pausedMs)))
        return
      }
      this.#give = undefined
      this.#arm(this.#pauseMs)
      give({ done: false, value: comment })
    })
  }
}
