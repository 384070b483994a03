import { asModelspineError, ModelspineError } from '../../errors.ts'
import type { RoutedRequest } from '../attempt/routed-request.ts'
import type { ReplyGuardrail } from './layers.ts'

/**
 * The stream as the guardrails let it through. Its end is the end of the request, because a guardrail may hold
 * pieces back and refuse them after the upstream has ended.
 */
export class GuardedStream<Piece> implements AsyncIterableIterator<Piece> {
  readonly #request: RoutedRequest
  readonly #pieces: AsyncIterator<unknown>
  #isOver = false

  constructor(request: RoutedRequest, stream: AsyncIterable<Piece>, guardrails: readonly ReplyGuardrail[]) {
    this.#request = request
    let pieces: AsyncIterable<unknown> = stream
    for (const guardrail of guardrails) pieces = guardrail.checkStream(request, pieces)
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  async next(): Promise<IteratorResult<Piece, undefined>> {
    if (this.#isOver) return { done: true, value: undefined }
    try {
      const step = await this.#request.wait(this.#pieces.next())
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

  /** This does not wait for the guardrails, because one that hangs must not block the caller. */
  #letGo(): void {
    this.#isOver = true
    this.#pieces.return?.().then(undefined, () => {})
  }
}
