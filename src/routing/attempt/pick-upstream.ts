import { type ErrorCode, ModelspineError, unlessAborted } from '../../errors.ts'
import { codeOfStatus } from '../../provider/contract/code-of-status.ts'
import type { CallTarget, Usage } from '../../provider/contract.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import type { UpstreamIdentity } from '../../telemetry/contract.ts'
import type { Attempt } from './attempt.ts'
import { AttemptChain } from './attempt-chain.ts'
import type { RequestOptions, RoutedRequest } from './routed-request.ts'

/** A request that the caller sends itself. */
export interface PickRequest extends RequestOptions {
  readonly operation: OperationName
  /** Whether the answer will be streamed. Default false. */
  readonly streamed?: boolean
  /**
   * What the caller does if the policy asks for it. Without `cap-tokens` a policy that caps tokens denies the
   * request, because the router cannot cap what it does not see.
   */
  readonly meets?: readonly 'cap-tokens'[]
}

/**
 * Whom to ask, and a lease on it. Report the end of the call with `ended` or `next`; the first report counts. A lease without a
 * report ends by itself: at the request's deadline, or, after `output`, at the route's idle timeout.
 */
export interface Picked {
  readonly requestId: string
  /** Who is asked. For logs and headers. */
  readonly upstream: UpstreamIdentity
  /** The endpoint's address, or the one that the provider tells. */
  readonly address: string | undefined
  /** The model's name at that upstream: put it into the body. */
  readonly model: string
  /** How many calls were picked so far, this one included. */
  readonly attempts: number
  /** The most output tokens that the policy allows. Given only to callers that meet `cap-tokens`. */
  readonly maxOutputTokens: number | undefined
  /** Fires when the router ends the call: the caller left, or the time is over. Give it to your HTTP client. */
  readonly abortSignal: AbortSignal
  /**
   * The URL and the headers to send, with credentials and trace context. The body is needed where the vendor wants
   * it signed. Undefined when the provider cannot tell. Never log the headers.
   */
  target(body?: string | Uint8Array): Promise<CallTarget | undefined>
  /** Output has come. The first call ends the time to first output; each call keeps a stream's lease. */
  output(): void
  /** The call and the request have ended. */
  ended(report: PickReport): void
  /**
   * The call failed, and nothing was sent to the caller. Gives the upstream to ask instead. Undefined when none may
   * be asked; then the request has ended with this failure.
   */
  next(failure: PickFailure): Picked | undefined
}

export type PickFailure = ModelspineError | { readonly status: number } | { readonly code: ErrorCode }

export type PickReport = PickOutcome & {
  readonly usage?: Usage
  /** The milliseconds in which you waited for your caller to read. They are no time of the upstream. */
  readonly callerMs?: number
}

type PickOutcome =
  | {
      readonly outcome: 'ok'
      readonly replyId?: string
      readonly replyModel?: string
      readonly finishReasons?: readonly string[]
    }
  | { readonly outcome: 'failed'; readonly failure: PickFailure }
  /** The caller left. */
  | { readonly outcome: 'aborted' }

/** Begins the first call of a request that the caller sends itself. Throws like any other request. */
export function pickUpstream(request: RoutedRequest): Picked {
  return new Lease(request, new AttemptChain(request))
}

class Lease implements Picked {
  readonly #request: RoutedRequest
  readonly #chain: AttemptChain
  readonly #attempt: Attempt
  #isReported = false

  constructor(request: RoutedRequest, chain: AttemptChain) {
    this.#request = request
    this.#chain = chain
    this.#attempt = chain.begin()
    const stopped = (error: ModelspineError): void => this.#stopped(error)
    this.#attempt.whenStopped = stopped
  }

  get requestId(): string {
    return this.#request.requestId
  }

  get upstream(): UpstreamIdentity {
    return this.#attempt.upstream.identity
  }

  get address(): string | undefined {
    return this.#attempt.upstream.address
  }

  get model(): string {
    return this.upstream.model
  }

  get attempts(): number {
    return this.#request.attempts.length
  }

  get maxOutputTokens(): number | undefined {
    return this.#request.maxOutputTokens
  }

  get abortSignal(): AbortSignal {
    return this.#attempt.context.abortSignal
  }

  async target(body?: string | Uint8Array): Promise<CallTarget | undefined> {
    const { operation, streamed } = this.#request
    const { connection, identity } = this.#attempt.upstream
    const call = {
      operation,
      streamed,
      model: identity.model,
      ...(body === undefined ? undefined : { body }),
    }
    const { context } = this.#attempt
    const target = Promise.resolve(connection.provider.target?.(call, context))
    return await unlessAborted(target, context.abortSignal, (reason) => reason as ModelspineError)
  }

  output(): void {
    this.#attempt.hasOutput = true
    this.#attempt.pieceCame()
    if (!this.#request.streamed) return
    this.#attempt.outputBegan()
    this.#request.outputBegan()
  }

  ended(report: PickReport): void {
    if (this.#reported()) return
    const attempt = this.#attempt
    if (report.usage !== undefined) attempt.usage = report.usage
    attempt.callerMs += report.callerMs ?? 0
    if (report.outcome === 'failed') {
      const error = attempt.error ?? errorOf(report.failure, this.upstream)
      attempt.failed(error)
      this.#request.failed(error)
    } else if (report.outcome === 'aborted') {
      this.#request.stop(new ModelspineError('aborted', 'the caller left'))
    } else {
      attempt.replyId = report.replyId
      attempt.replyModel = report.replyModel
      attempt.finishReasons = report.finishReasons
      attempt.succeeded()
      this.#request.succeeded()
    }
  }

  next(failure: PickFailure): Picked | undefined {
    if (this.#reported()) return undefined
    const attempt = this.#attempt
    attempt.whenStopped = undefined
    this.#chain.failed(attempt, errorOf(failure, this.upstream))
    try {
      // Nothing is replayed to a caller who has received output.
      if (attempt.hasOutput && attempt.error !== undefined) throw attempt.error
      return new Lease(this.#request, this.#chain)
    } catch (cause) {
      this.#request.failed(cause as ModelspineError)
      return undefined
    }
  }

  /** The first report counts. */
  #reported(): boolean {
    const isSecond = this.#isReported
    this.#isReported = true
    return isSecond
  }

  /** Before the first output the caller may still fail over, so the request goes on until its deadline. */
  #stopped(error: ModelspineError): void {
    if (this.#attempt.hasOutput) this.#request.failed(error)
  }
}

function errorOf(failure: PickFailure, { provider }: UpstreamIdentity): ModelspineError {
  if (failure instanceof Error) return failure
  const code = 'code' in failure ? failure.code : codeOfStatus(failure.status)
  const why = 'code' in failure ? failure.code : `the status ${failure.status}`
  return new ModelspineError(code, `the call to provider ${provider} ended with ${why}`)
}
