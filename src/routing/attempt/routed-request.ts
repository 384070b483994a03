import type { Clock, Timer } from '../../clock.ts'
import { addCosts } from '../../cost/add-costs.ts'
import type { Cost, Pricing } from '../../cost/contract.ts'
import type { UsageBook } from '../../cost/usage-book.ts'
import { ModelspineError } from '../../errors.ts'
import type { Decision } from '../../policy/contract.ts'
import type { ModelProvider, Usage } from '../../provider/contract.ts'
import type { Actor, Key } from '../../resources/metadata.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import type { AttemptRecord, Outcome, RequestRecord, RequestStart } from '../../telemetry/contract.ts'
import type { Operation } from '../operations/operation.ts'
import type { RequestView, RoutingStrategy } from '../strategies/routing-strategy.ts'
import type { Route } from '../table/route.ts'
import type { RouteTable } from '../table/table.ts'
import { type Attempt, type AttemptHost, addFacts, type Writable } from './attempt.ts'
import type { ObserverGroup, WatchGroup } from './observers.ts'

/** The parts that all requests of a router share. */
export interface RouterContext {
  readonly clock: Clock
  readonly observers: ObserverGroup
  readonly strategy: RoutingStrategy
  /** The most calls at the same time to one upstream. Undefined: the default. */
  readonly maxInFlight: number | undefined
  readonly table: { readonly current: RouteTable | undefined }
  readonly prices: Pricing | undefined
  readonly usage: UsageBook
}

/** The members of an AbortSignal that the router uses, so that a cheaper object can take its place. */
export interface CallerAbort {
  readonly aborted: boolean
  addEventListener(type: 'abort', tell: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', tell: () => void): void
}

/** Options that a caller may give in addition to the request itself. */
export interface RequestOptions {
  /** Who makes the request. Default `anonymous`. */
  readonly actor?: Actor
  /**
   * The request's own id, which no other request may have. For a surface that needs the id before the router
   * has it. Default: a new one. An id that comes from outside is a `callerId`.
   */
  readonly requestId?: string
  /** The id that the caller gave the request. It may come again. */
  readonly callerId?: string
  /**
   * Ends the request and the call to the upstream. The outcome is `aborted` and does not count as a failure.
   */
  readonly abortSignal?: CallerAbort
  /** Sent to the upstream with the request: trace context, tenant. */
  readonly headers?: Readonly<Record<string, string>>
  /** What is known about the request, by name: for strategies, layers and observers. */
  readonly tags?: Readonly<Record<string, string>>
  /**
   * A hint for a strategy of your own: requests with the same value belong together, such as those of one conversation.
   * The strategies that ship do not read it.
   */
  readonly stickyKey?: string
}

const anonymous: Actor = { name: 'anonymous' }
const noTags = {}
const noUsage: Usage = {}
const noNeeds: readonly string[] = []
/** When the table of prices throws. */
const unknownCost: Cost = { usd: undefined, picoUsd: 0, parts: {}, unknown: ['usage'] }
const meetsNone: readonly 'cap-tokens'[] = []

/**
 * One request from its start to its end: its ids, its deadline, the caller's abort and its attempts. Requests do
 * not share this. A request ends once. However it ends, no timer, listener or attempt of it is left, and observers
 * were told once of every attempt and once of the request.
 */
export class RoutedRequest<Request = unknown> implements AttemptHost, RequestView {
  readonly requestId: string
  readonly callerId: string | undefined
  readonly descriptor: Operation<Request, unknown, unknown>
  readonly streamed: boolean
  readonly actor: Actor
  readonly tags: Readonly<Record<string, string>>
  readonly stickyKey: string | undefined
  readonly clock: Clock
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly around: RouterContext
  /** The route that the request began with. */
  readonly route: Route
  /** What is sent. Layers may change it before the first attempt. */
  body: Request
  decision: Decision | undefined
  /** What the policy allows. */
  maxOutputTokens: number | undefined
  /** The obligations that the caller meets, because it sends the request itself. */
  readonly meets: readonly 'cap-tokens'[]
  /** All attempts so far. */
  readonly attempts: Attempt[] = []
  /** Why the request was ended from outside: `timeout`, `aborted`. */
  stopped: ModelspineError | undefined

  readonly #name: string
  readonly #startedAtMs: number
  readonly #startedAt: number
  readonly #watch: WatchGroup | undefined
  readonly #abortSignal: CallerAbort | undefined
  readonly #onAbort = (): void => this.stop(new ModelspineError('aborted', 'the caller aborted the request'))
  readonly #deadline: Timer
  readonly #table: RouteTable
  #controller: AbortController | undefined
  #reject: ((error: ModelspineError) => void) | undefined
  #ended: { readonly outcome: Outcome; readonly error: ModelspineError | undefined } | undefined
  #ends: ((record: RequestRecord) => void)[] | undefined

  constructor(
    around: RouterContext,
    table: RouteTable,
    route: Route,
    name: string,
    descriptor: Operation<Request, unknown, unknown>,
    body: Request,
    streamed: boolean,
    options: RequestOptions & { readonly meets?: readonly 'cap-tokens'[] },
  ) {
    const { clock, observers } = around
    this.around = around
    this.clock = clock
    this.requestId = options.requestId ?? clock.id()
    this.callerId = options.callerId
    this.descriptor = descriptor
    this.body = body
    this.streamed = streamed
    this.actor = options.actor ?? anonymous
    this.tags = options.tags ?? noTags
    this.stickyKey = options.stickyKey
    this.meets = options.meets ?? meetsNone
    this.route = route
    this.#table = table
    this.#name = name
    this.#startedAtMs = clock.now()
    this.#startedAt = clock.monotonic()
    route.load.began()
    this.#watch = observers.started(this.#start(options.headers))
    const added = this.#watch?.headers
    this.headers = added === undefined ? options.headers : { ...options.headers, ...added }
    this.#deadline = clock.schedule(route.limits.requestMs, () => this.#deadlineReached())
    this.#abortSignal = options.abortSignal
    if (this.#abortSignal?.aborted) this.#onAbort()
    else this.#abortSignal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get routeKey(): Key {
    return this.route.key
  }

  get operation(): OperationName {
    return this.descriptor.name
  }

  /** What is sent to this provider. No layer and no provider can lift what the policy allows. */
  bodyFor(provider: ModelProvider): Request {
    const { body, descriptor, maxOutputTokens } = this
    return maxOutputTokens === undefined || descriptor.capTokens === undefined
      ? body
      : descriptor.capTokens(body, maxOutputTokens, provider)
  }

  get estimatedTokens(): number | undefined {
    return this.descriptor.estimateTokens?.(this.body)
  }

  get needs(): readonly string[] {
    return this.descriptor.needs?.(this.body) ?? noNeeds
  }

  /** Fires when the request is ended from outside. It is made when somebody asks for it. */
  get abortSignal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.stopped !== undefined) this.#controller.abort(this.stopped)
    }
    return this.#controller.signal
  }

  /** The milliseconds until the deadline. */
  get leftMs(): number {
    return this.route.limits.requestMs - (this.clock.monotonic() - this.#startedAt)
  }

  /**
   * The route as it is now. So a call finds an upstream that has moved since the request began. A route that is
   * gone, or whose name another route has now, stays as it was.
   */
  newestRoute(): Route {
    const table = this.around.table.current
    if (table === this.#table) return this.route
    const newest = table?.find(this.#name)
    return newest?.key === this.route.key ? newest : this.route
  }

  attemptBegan(attempt: Attempt): void {
    this.attempts.push(attempt)
    this.#watch?.attempting(attempt)
    const { strategy, observers } = this.around
    if (strategy.began !== undefined) observers.guarded(() => strategy.began?.(attempt.upstream, this))
  }

  attemptAnswered({ upstream }: Attempt): void {
    const { strategy, observers } = this.around
    if (strategy.answered !== undefined) observers.guarded(() => strategy.answered?.(upstream, this))
  }

  attemptEnded({ upstream }: Attempt, record: AttemptRecord): void {
    upstream.state.learn(record)
    const { strategy, observers } = this.around
    if (strategy.ended !== undefined) observers.guarded(() => strategy.ended?.(upstream, record))
    this.around.usage.called(record)
    this.#watch?.attempted(record)
  }

  costOf({ upstream, usage, replyModel }: Attempt, outcome: Outcome): Cost | undefined {
    const { prices, observers } = this.around
    if (prices === undefined) return undefined
    const { provider, model } = upstream.identity
    let cost: Cost | undefined = unknownCost
    observers.guarded(() => {
      cost = prices.costOf({ provider, model, replyModel, usage, isAnswered: outcome === 'ok' })
    })
    return cost
  }

  /** What all attempts that have ended cost together. */
  get cost(): Cost | undefined {
    let sum: Cost | undefined
    for (const { cost } of this.attempts) {
      if (cost !== undefined) sum = sum === undefined ? cost : addCosts(sum, cost)
    }
    return sum
  }

  /** The first output of a stream has come. A deadline that the route does not declare is over now. */
  outputBegan(): void {
    if (!this.route.limits.isRequestDeclared) this.#deadline.cancel()
  }

  /** Calls `told` with the record when the request has ended, or at once when it has. The last one is told first. */
  whenEnded(told: (record: RequestRecord) => void): void {
    if (this.#ended !== undefined) {
      const { outcome, error } = this.#ended
      this.around.observers.guarded(() => told(this.#record(outcome, error)))
      return
    }
    this.#ends ??= []
    this.#ends.push(told)
  }

  /** Settles as `work` does. Rejects as soon as the request is stopped. For what is not an attempt. */
  wait<Value>(work: PromiseLike<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.stopped !== undefined) reject(this.stopped)
      else this.#reject = reject
      const over = (): void => {
        this.#reject = undefined
      }
      work.then(
        (value) => {
          over()
          resolve(value)
        },
        (cause: unknown) => {
          over()
          reject(cause)
        },
      )
    })
  }

  succeeded(): void {
    this.#finish('ok')
  }

  failed(error: ModelspineError): void {
    this.#finish(error.code === 'aborted' ? 'aborted' : 'failed', error)
  }

  /** Ends the request from outside, and with it every attempt that is under way. */
  stop(error: ModelspineError): void {
    if (this.#ended !== undefined) return
    this.stopped = error
    for (const attempt of this.attempts) attempt.stop(error)
    this.failed(error)
    this.#reject?.(error)
    this.#controller?.abort(error)
  }

  #deadlineReached(): void {
    const { key, limits } = this.route
    const message = `route ${key} gave no complete answer within ${limits.requestMs} ms`
    const details = { timeoutMs: limits.requestMs }
    this.stop(new ModelspineError('timeout', message, { details }))
  }

  #start(headers: RequestOptions['headers']): RequestStart {
    const start: Writable<RequestStart> = {
      requestId: this.requestId,
      route: this.route.key,
      operation: this.descriptor.name,
      actor: this.actor,
      startedAtMs: this.#startedAtMs,
      streamed: this.streamed,
    }
    if (this.callerId !== undefined) start.callerId = this.callerId
    if (this.tags !== noTags) start.tags = this.tags
    if (headers !== undefined) start.headers = headers
    return start
  }

  #finish(outcome: Outcome, error?: ModelspineError): void {
    if (this.#ended !== undefined) return
    this.#ended = { outcome, error }
    this.#deadline.cancel()
    this.#abortSignal?.removeEventListener('abort', this.#onAbort)
    this.route.load.ended()
    const last = this.attempts.at(-1)?.upstream.identity
    this.around.usage.ended(this.#startedAtMs, this.route.key, this.actor.name, last)
    if (this.#watch === undefined && this.#ends === undefined) return
    const record = this.#record(outcome, error)
    this.#watch?.finished(record)
    for (const told of this.#ends?.reverse() ?? []) this.around.observers.guarded(() => told(record))
  }

  #record(outcome: Outcome, error: ModelspineError | undefined): RequestRecord {
    const last = this.attempts.at(-1)
    const record: Writable<RequestRecord> = {
      requestId: this.requestId,
      route: this.route.key,
      operation: this.descriptor.name,
      actor: this.actor,
      startedAtMs: this.#startedAtMs,
      streamed: this.streamed,
      durationMs: this.clock.monotonic() - this.#startedAt,
      attempts: this.attempts.length,
      outcome,
      usage: last?.usage ?? noUsage,
    }
    if (this.callerId !== undefined) record.callerId = this.callerId
    if (this.tags !== noTags) record.tags = this.tags
    if (this.decision !== undefined) record.decision = this.decision
    if (error !== undefined) record.code = error.code
    const { cost } = this
    if (cost !== undefined) record.cost = cost
    if (last !== undefined) {
      const { identity, server } = last.upstream
      record.upstream = identity
      if (server !== undefined) record.server = server
      addFacts(record, last)
    }
    return record
  }
}
