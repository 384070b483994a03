import type { Timer } from '../../clock.ts'
import { asModelspineError, ModelspineError } from '../../errors.ts'
import type { RoutedRequest } from '../attempt/routed-request.ts'
import type { CommittedStream } from '../attempt/stream.ts'
import type { ReplyGuardrail } from './layers.ts'

/**
 * The stream as the guardrails let it through. Its end is the end of the request, because a guardrail may hold
 * pieces back and refuse them after the upstream has ended. From then on the route's idle timeout bounds the pauses.
 */
export class GuardedStream<Piece> implements AsyncIterableIterator<Piece> {
  readonly #request: RoutedRequest
  readonly #pieces: AsyncIterator<unknown>
  readonly #upstream: CommittedStream<Piece>['attempt']
  #isOver = false
  /** When the last piece was asked for or given. */
  #since: number
  #timer: Timer | undefined

  constructor(request: RoutedRequest, stream: CommittedStream<Piece>, guardrails: readonly ReplyGuardrail[]) {
    this.#request = request
    this.#upstream = stream.attempt
    this.#since = request.clock.monotonic()
    this.#arm(request.route.limits.idleMs)
    request.whenEnded(() => this.#timer?.cancel())
    let pieces: AsyncIterable<unknown> = stream
    for (const guardrail of guardrails) pieces = guardrail.checkStream(request, pieces)
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  async next(): Promise<IteratorResult<Piece, undefined>> {
    if (this.#isOver) return { done: true, value: undefined }
    this.#since = this.#request.clock.monotonic()
    try {
      const step = await this.#request.wait(this.#pieces.next())
      this.#since = this.#request.clock.monotonic()
      if (step.done !== true) return step as IteratorYieldResult<Piece>
      this.#isOver = true
      this.#request.succeeded()
      return { done: true, value: undefined }
    } catch (cause) {
      this.#letGo()
      const error = asModelspineError(cause, 'unavailable', 'a guardrail failed')
      this.#request.stop(error)
      throw error
    }
  }

  async return(): Promise<IteratorResult<Piece, undefined>> {
    this.#request.stop(new ModelspineError('aborted', 'the caller stopped reading the stream'))
    this.#letGo()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Looks again when the pause could be too long. While the upstream answers, its attempt has that limit. */
  #arm(afterMs: number): void {
    const { clock, route } = this.#request
    const { idleMs } = route.limits
    this.#timer = clock.schedule(afterMs, () => {
      if (!this.#upstream.isOver) this.#since = clock.monotonic()
      const leftMs = idleMs - (clock.monotonic() - this.#since)
      if (leftMs > 0) this.#arm(leftMs)
      else this.#request.stop(paused(this.#request, idleMs))
    })
  }

  /** This does not wait for the guardrails, because one that hangs must not block the caller. */
  #letGo(): void {
    this.#isOver = true
    this.#pieces.return?.().then(undefined, () => {})
  }
}

function paused({ route }: RoutedRequest, idleMs: number): ModelspineError {
  const message = `the stream of route ${route.key} paused for ${idleMs} ms after its upstream had ended`
  return new ModelspineError('timeout', message, { details: { timeoutMs: idleMs } })
}
