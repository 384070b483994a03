import type { Clock, Timer } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import type { CallContext, InferReply, Usage } from '../../provider/contract.ts'
import type { Operation } from '../../resources/route/model-route.ts'
import type { UpstreamPicker } from '../strategies/picker.ts'
import type { Route, Upstream } from '../table/route.ts'
import type { ObserverGroup } from './observers.ts'

/** The parts that all requests of a router share. */
export interface RouterContext {
  readonly clock: Clock
  readonly observers: ObserverGroup
  readonly picker: UpstreamPicker
}

/** The members of an AbortSignal that the router uses, so that a cheaper object can take its place. */
export interface CallerAbort {
  readonly aborted: boolean
  addEventListener(type: 'abort', tell: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', tell: () => void): void
}

/** Options that a caller may give in addition to the request itself. */
export interface RequestOptions {
  readonly requestId?: string
  /**
   * Ends the request and the call to the upstream. The outcome is `aborted` and does not count as a failure.
   */
  readonly abortSignal?: CallerAbort
  /** Sent to the upstream with the request: trace context, tenant. */
  readonly headers?: Readonly<Record<string, string>>
}

interface Attempt {
  readonly upstream: Upstream
  readonly startedAt: number
}

const noUsage: Usage = {}

/**
 * The state of one request from its start to its end: the deadline, the caller's abort, and the attempt under
 * way. Requests do not share this state. A request ends once. However it ends, its lease was released once,
 * its timer is cancelled, and observers were told once of every attempt and once of the request.
 */
export class RoutedRequest {
  readonly requestId: string
  readonly route: Route
  readonly operation: Operation
  /** Attempts made so far, the current one included. */
  attempts = 0
  /** The upstream that is being asked, or that was asked last. */
  upstream: Upstream | undefined
  /** Why the request was ended from outside: `timeout` or `aborted`. */
  stopped: ModelspineError | undefined
  usage: Usage = noUsage

  readonly #around: RouterContext
  readonly #streamed: boolean
  readonly #controller: AbortController = new AbortController()
  readonly #startedAtMs: number
  readonly #startedAt: number
  readonly #headers: Readonly<Record<string, string>> | undefined
  readonly #deadline: Timer
  readonly #abortSignal: CallerAbort | undefined
  readonly #onAbort: () => void
  #attempt: Attempt | undefined
  #firstOutputMs: number | undefined
  #finished = false
  #rejectWaiting: ((error: ModelspineError) => void) | undefined

  constructor(
    around: RouterContext,
    route: Route,
    operation: Operation,
    streamed: boolean,
    options: RequestOptions,
  ) {
    this.requestId = options.requestId ?? around.clock.id()
    this.route = route
    this.operation = operation
    this.#around = around
    this.#streamed = streamed
    this.#startedAtMs = around.clock.now()
    this.#startedAt = around.clock.monotonic()
    const added = around.observers.started({
      requestId: this.requestId,
      route: route.key,
      operation,
      startedAtMs: this.#startedAtMs,
      streamed,
      ...(options.headers === undefined ? undefined : { headers: options.headers }),
    })
    this.#headers = added === undefined ? options.headers : { ...options.headers, ...added }
    this.#deadline = around.clock.schedule(route.timeoutMs, () => {
      const message = `route ${route.key} gave no complete answer within ${route.timeoutMs} ms`
      this.stop(new ModelspineError('timeout', message, { details: { timeoutMs: route.timeoutMs } }))
    })
    this.#abortSignal = options.abortSignal
    this.#onAbort = () => this.stop(new ModelspineError('aborted', 'the caller aborted the request'))
    if (this.#abortSignal?.aborted) this.#onAbort()
    else this.#abortSignal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get context(): CallContext {
    const { requestId } = this
    const abortSignal = this.#controller.signal
    return this.#headers === undefined
      ? { requestId, abortSignal }
      : { requestId, abortSignal, headers: this.#headers }
  }

  /** Takes a lease on the upstream's connection. */
  beginAttempt(upstream: Upstream): void {
    this.attempts += 1
    this.upstream = upstream
    this.usage = noUsage
    this.#firstOutputMs = undefined
    upstream.connection.lease()
    this.#attempt = { upstream, startedAt: this.#around.clock.monotonic() }
  }

  /** Call this when the first content of a stream has arrived. */
  outputBegan(): void {
    if (this.#attempt !== undefined) {
      this.#firstOutputMs = this.#around.clock.monotonic() - this.#attempt.startedAt
    }
  }

  attemptSucceeded(reply?: InferReply): void {
    this.#endAttempt('ok', undefined, reply)
  }

  attemptFailed(error: ModelspineError): void {
    this.#endAttempt(error.code === 'aborted' ? 'aborted' : 'failed', error)
  }

  succeeded(): void {
    this.#finish('ok')
  }

  failed(error: ModelspineError): void {
    this.#finish(error.code === 'aborted' ? 'aborted' : 'failed', error)
  }

  /**
   * Ends the request from outside. Rejects the promise that waits for the upstream, aborts the upstream's
   * call and releases the lease.
   */
  stop(error: ModelspineError): void {
    if (this.#finished) return
    this.stopped = error
    const waiting = this.#rejectWaiting
    // When no read of the upstream is pending, the caller is the one who does not read: no upstream failure.
    if (waiting === undefined) this.#endAttempt('aborted', error)
    else this.attemptFailed(error)
    this.failed(error)
    waiting?.(error)
    this.#controller.abort(error)
  }

  /**
   * Resolves or rejects as `work` does. Rejects with the reason as soon as the request is stopped, even if
   * the callee ignores its abort.
   */
  untilStopped<Value>(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.stopped !== undefined) reject(this.stopped)
      else this.#rejectWaiting = reject
      const settled = (): void => {
        this.#rejectWaiting = undefined
      }
      work.then(
        (value) => {
          settled()
          resolve(value)
        },
        (error) => {
          settled()
          reject(error)
        },
      )
    })
  }

  #endAttempt(outcome: 'ok' | 'failed' | 'aborted', error?: ModelspineError, reply?: InferReply): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    this.#attempt = undefined
    const { clock, observers } = this.#around
    attempt.upstream.connection.release()
    observers.attempted({
      requestId: this.requestId,
      upstream: attempt.upstream.identity,
      operation: this.operation,
      endedAtMs: clock.now(),
      durationMs: clock.monotonic() - attempt.startedAt,
      ...(this.#firstOutputMs === undefined ? undefined : { firstOutputMs: this.#firstOutputMs }),
      outcome,
      ...(error === undefined ? undefined : { code: error.code }),
      usage: this.usage,
      ...(reply === undefined ? undefined : { reply }),
    })
  }

  #finish(outcome: 'ok' | 'failed' | 'aborted', error?: ModelspineError): void {
    if (this.#finished) return
    this.#finished = true
    this.#deadline.cancel()
    this.#abortSignal?.removeEventListener('abort', this.#onAbort)
    this.#around.observers.finished({
      requestId: this.requestId,
      route: this.route.key,
      operation: this.operation,
      startedAtMs: this.#startedAtMs,
      streamed: this.#streamed,
      durationMs: this.#around.clock.monotonic() - this.#startedAt,
      attempts: this.attempts,
      ...(this.upstream === undefined ? undefined : { upstream: this.upstream.identity }),
      outcome,
      ...(error === undefined ? undefined : { code: error.code }),
      usage: this.usage,
    })
  }
}
