import type { Cost } from '../../cost/contract.ts'
import { ModelspineError } from '../../errors.ts'
import type { Operation, StreamedOperation } from '../operations/operation.ts'
import type { Attempt } from './attempt.ts'
import { AttemptChain, missing } from './attempt-chain.ts'
import { failureOf } from './failure-reach.ts'
import type { RoutedRequest } from './routed-request.ts'
import type { Served } from './served.ts'
import { withAttempts } from './with-attempts.ts'

/** A stream whose upstream has begun to answer. From now on the upstream does not change. */
export interface RoutedStream<Piece> extends Served {
  /**
   * Read the pieces once, one piece at a time. The iterator ends only after the upstream's end. It throws in
   * every other case. Leaving it early (`break`, `return()`) ends the call to the upstream.
   */
  readonly events: AsyncIterableIterator<Piece>
  /**
   * What all calls of the request cost together, when the stream has ended: whole, cut, left or never read. Undefined
   * without a table of prices, and when no call was billed. Never rejects. It does not read the stream.
   */
  readonly cost: () => Promise<Cost | undefined>
}

/**
 * How many pieces are read ahead to find the first output. After this many the stream counts as begun, even if
 * none of them had output.
 */
const maxHeld = 32

/**
 * Asks upstreams one after the other until one begins to answer. Fails over only before the first output, never
 * after it. With `endsRequest`, the end of the stream is the end of the request.
 */
export function openStream<Request, Piece>(
  request: RoutedRequest<Request>,
  { name, stream: streamed }: Operation<Request, unknown, Piece>,
  endsRequest: boolean,
): Promise<CommittedStream<Piece>> {
  return new AttemptChain(request).ask(async (attempt) => {
    const { upstream, context } = attempt
    const { provider } = upstream.connection
    const sent = streamed?.send(provider, request.bodyFor(provider), upstream.identity.model, context)
    if (streamed === undefined || sent === undefined) throw missing(attempt, `streamed ${name}`)
    const source = sent[Symbol.asyncIterator]()
    const stream = new CommittedStream(request, attempt, streamed, source, endsRequest)
    await stream.commit()
    return stream
  })
}

/** The pieces of one attempt. */
export class CommittedStream<Piece> implements AsyncIterableIterator<Piece> {
  readonly attempt: Attempt
  readonly #request: RoutedRequest
  readonly #operation: StreamedOperation<never, Piece>
  readonly #source: AsyncIterator<Piece>
  readonly #endsRequest: boolean
  /** Pieces that `commit` read and that the caller has not received yet. */
  readonly #held: Piece[] = []
  #reading = false
  /** Whether the caller knows how the stream ended. */
  #told = false
  #state: 'open' | 'complete' | 'ended' = 'open'

  constructor(
    request: RoutedRequest,
    attempt: Attempt,
    operation: StreamedOperation<never, Piece>,
    source: AsyncIterator<Piece>,
    endsRequest: boolean,
  ) {
    this.#request = request
    this.attempt = attempt
    this.#operation = operation
    this.#source = source
    this.#endsRequest = endsRequest
  }

  /** Reads up to the first output. If the upstream throws before that, throws the same error. */
  async commit(): Promise<void> {
    try {
      while (this.#held.length < maxHeld && !this.attempt.hasOutput) {
        const step = await this.attempt.wait(this.#pull(), this.#note)
        if (step.done === true) break
        this.#held.push(step.value)
      }
    } catch (cause) {
      this.#letGo()
      throw cause
    }
    this.attempt.outputBegan()
    this.#request.outputBegan()
    const stopped = (error: ModelspineError): void => this.#stopped(error)
    this.attempt.whenStopped = stopped
  }

  next(): Promise<IteratorResult<Piece, undefined>> {
    if (this.#reading) return Promise.reject(new TypeError('read a stream one piece at a time'))
    const held = this.#held.shift()
    if (held !== undefined) return Promise.resolve({ done: false, value: held })
    if (this.#state !== 'open') return this.#afterEnd()
    this.#reading = true
    return this.attempt.wait(this.#pull(), this.#came, this.#failed)
  }

  async return(): Promise<IteratorResult<Piece, undefined>> {
    this.#held.length = 0
    this.#told = true
    if (this.#state === 'open') this.#leave()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** A stream that was ended while nobody read it throws at the next read, once. */
  async #afterEnd(): Promise<IteratorResult<Piece, undefined>> {
    const { error } = this.attempt
    if (this.#state === 'complete' || this.#told || error === undefined)
      return { done: true, value: undefined }
    this.#told = true
    throw withAttempts(this.#request.stopped ?? error, this.#request)
  }

  /** A source that throws instead of rejecting is a source all the same. */
  #pull(): Promise<IteratorResult<Piece>> {
    try {
      return this.#source.next()
    } catch (cause) {
      return Promise.reject(cause)
    }
  }

  readonly #came = (step: IteratorResult<Piece>): IteratorResult<Piece, undefined> => {
    const noted = this.#note(step)
    this.#reading = false
    return noted
  }

  readonly #failed = (cause: unknown): ModelspineError => this.#fail(cause)

  /** Takes in what the upstream gave. Done when the stream is complete. */
  readonly #note = (step: IteratorResult<Piece>): IteratorResult<Piece, undefined> => {
    const { attempt } = this
    if (step.done !== true) {
      this.#operation.note(step.value, attempt, this.#request.body as never)
      return step
    }
    if (this.#operation.end === 'marked' && !attempt.isComplete) throw unfinished(attempt)
    this.#state = 'complete'
    attempt.succeeded()
    if (this.#endsRequest) this.#request.succeeded()
    return { done: true, value: undefined }
  }

  /** The reader has left. When it is a guardrail, that is not the end of the request. */
  #leave(): void {
    const error = new ModelspineError('aborted', 'the caller stopped reading the stream')
    if (this.#endsRequest) {
      this.#request.stop(error)
      return
    }
    this.attempt.whenStopped = undefined
    this.#state = 'ended'
    this.attempt.stop(error)
    this.#letGo()
  }

  /** When a guardrail does not read on, its caller would wait for it. So the request is stopped, too. */
  #stopped(error: ModelspineError): void {
    if (!this.#endsRequest && !this.#reading) this.#request.stop(error)
    this.#fail(error)
  }

  #fail(cause: unknown): ModelspineError {
    const { attempt } = this
    const error = this.#request.stopped ?? attempt.error ?? failureOf(cause, attempt.upstream)
    this.#told ||= this.#reading
    this.#reading = false
    if (this.#state !== 'ended') {
      this.#state = 'ended'
      attempt.failed(error)
      this.#request.failed(error)
      this.#letGo()
    }
    return withAttempts(error, this.#request)
  }

  /** This does not wait for `return`, because an upstream that hangs must not block the caller. */
  #letGo(): void {
    this.#source.return?.().then(undefined, () => {})
  }
}

function unfinished({ upstream }: Attempt): ModelspineError {
  const message = `the stream of provider ${upstream.identity.provider} ended without its end mark`
  return new ModelspineError('interrupted', message)
}
