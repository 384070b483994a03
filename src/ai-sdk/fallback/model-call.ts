import type { Clock } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import { reachOf } from '../../routing/attempt/failure-reach.ts'
import type { AttemptRecord, RequestWatch } from '../../telemetry/contract.ts'
import { modelFailure, type NamedModel } from '../model-failure.ts'
import type { FallbackAttempt, FallbackModel, FallbackOptions } from './options.ts'

/** One model as a provider. Only the operations of this room know its model. */
export class ModelAsProvider<Model extends NamedModel = NamedModel> implements ModelProvider {
  readonly name: string
  readonly capabilities: ModelProvider['capabilities']
  readonly model: Model
  readonly place: number

  constructor(model: Model, place: number, operation: `${string}.${string}`) {
    this.name = model.provider
    this.capabilities = { operations: [operation], streaming: true, dialects: [] }
    this.model = model
    this.place = place
  }
}

/** One request of the AI SDK, as the router's operations see it: what is asked, and what became of each attempt. */
export class ModelCall<Options extends { readonly abortSignal?: AbortSignal }> implements RequestWatch {
  readonly options: Options
  readonly clock: Clock
  readonly attempts: FallbackAttempt[] = []
  /** Whether the app said that no other model may be asked. */
  isFinal = false
  readonly #hooks: Pick<FallbackOptions, 'shouldFailover' | 'onAttempt'>
  #latest: AskedModel<NamedModel> | undefined

  constructor(options: Options, clock: Clock, hooks: Pick<FallbackOptions, 'shouldFailover' | 'onAttempt'>) {
    this.options = options
    this.clock = clock
    this.#hooks = hooks
  }

  /** The model that was asked last. */
  get model(): NamedModel | undefined {
    return this.#latest?.model
  }

  /** Begins an attempt. */
  ask<Model extends NamedModel>(provider: ModelProvider, abortSignal: AbortSignal): AskedModel<Model> {
    const { model, place } = provider as ModelAsProvider<Model>
    const asked: AskedModel<Model> = new AskedModel(model, place, abortSignal, (cause) =>
      this.#failure(asked, cause),
    )
    this.#latest = asked
    return asked
  }

  /** The router tells this once for each attempt, when it has ended. */
  attempted({ requestId, outcome, code, startedAtMs, durationMs, firstOutputMs }: AttemptRecord): unknown {
    const asked = this.#latest
    if (asked === undefined) return undefined
    const { provider, modelId } = asked.model
    const slowness = firstOutputMs === undefined ? 'gave no output in time' : 'paused for too long'
    const limit = (): ModelspineError =>
      new ModelspineError(code ?? 'unavailable', `${provider} ${modelId} ${slowness}`)
    const attempt: FallbackAttempt = {
      requestId,
      place: asked.place,
      provider,
      modelId,
      outcome,
      ...(code !== undefined && { code }),
      ...(outcome === 'failed' && { error: asked.hasFailed ? asked.error : limit() }),
      startedAtMs,
      durationMs,
      ...(firstOutputMs !== undefined && { firstOutputMs }),
    }
    this.attempts.push(attempt)
    return this.#hooks.onAttempt?.(attempt)
  }

  #failure(asked: AskedModel<NamedModel>, cause: unknown): ModelspineError {
    const failure = modelFailure(cause, asked.model, this.clock.now())
    // An attempt that the router has ended may still fail. The next one is under way then.
    if (asked.abortSignal.aborted) return failure
    asked.error = cause
    asked.hasFailed = true
    if (asked.hasOutput) return failure
    const decided = this.#decided(cause, asked)
    this.isFinal = decided === false
    const reach = reachOf(failure)
    if (decided !== true || reach === 'upstream' || reach === 'source') return failure
    const { message, retryAfterMs } = failure
    return new ModelspineError('unsupported', message, {
      cause,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }

  #decided(cause: unknown, { model, place }: AskedModel<NamedModel>): boolean | undefined {
    const { provider, modelId } = model
    const named: FallbackModel = { provider, modelId, place }
    try {
      const decided: unknown = this.#hooks.shouldFailover?.(cause, named)
      // Nobody waits for a promise, and one that rejects would end the process.
      if (decided instanceof Promise) decided.catch(() => {})
      return typeof decided === 'boolean' ? decided : undefined
    } catch {
      return undefined
    }
  }
}

/** One attempt: the model that is asked, and how it failed. */
export class AskedModel<Model extends NamedModel> {
  readonly model: Model
  readonly place: number
  /** Fires when the attempt is ended from outside. */
  readonly abortSignal: AbortSignal
  /** What the router gets for an error of the model. */
  readonly failure: (cause: unknown) => ModelspineError
  hasOutput = false
  hasFailed = false
  error: unknown

  constructor(
    model: Model,
    place: number,
    abortSignal: AbortSignal,
    failure: (cause: unknown) => ModelspineError,
  ) {
    this.model = model
    this.place = place
    this.abortSignal = abortSignal
    this.failure = failure
  }

  /** What the model replies. `check` throws when that is no reply. */
  async reply<Reply>(send: () => PromiseLike<Reply>, check: (reply: Reply) => void): Promise<Reply> {
    try {
      const reply = await send()
      check(reply)
      return reply
    } catch (cause) {
      throw this.failure(cause)
    }
  }
}
