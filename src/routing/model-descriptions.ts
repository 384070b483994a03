import type { Clock } from '../clock.ts'
import { ModelspineError, unlessAborted } from '../errors.ts'
import type { CallContext, ModelDescription, ModelProvider } from '../provider/contract.ts'
import type { UpstreamIdentity } from '../telemetry/contract.ts'
import type { RequestOptions } from './attempt/routed-request.ts'
import { ask, type InvokePolicy, termsOf } from './layers/invoke-policy.ts'
import type { Connection } from './table/connections.ts'
import type { Route, RoutePlan, Upstream } from './table/route.ts'

/** How long a description is believed, in milliseconds. */
const knownForMs = 10_000
/** How long an upstream that could not tell is not asked again, in milliseconds. */
const restMs = 1000
/** How long an upstream may take, in milliseconds, and the whole answer. */
const limitMs = 5000

export interface DescribeOptions
  extends Pick<RequestOptions, 'actor' | 'requestId' | 'abortSignal' | 'headers'> {
  /** The revision that is meant. Default: the one with the most traffic that can tell. */
  readonly revision?: string
}

/** What an upstream said of the model behind a route, and which one. Both are absent when none could tell. */
export interface DescribedModel {
  readonly description?: ModelDescription
  readonly upstream?: UpstreamIdentity
}

interface Looked {
  readonly answer: Promise<ModelDescription>
  untilMs: number
}

/**
 * What upstreams say of their models. Such a question is no request: it has no attempts, no metric counts it, and it
 * takes no room. Callers who ask at the same time share one question to the upstream, and its answer is kept a while.
 */
export class ModelDescriptions {
  readonly #clock: Clock
  readonly #policy: InvokePolicy | undefined
  /** By the connection and the model's name there. Routes bound both. */
  readonly #looked: WeakMap<Connection, Map<string, Looked>> = new WeakMap()

  constructor(clock: Clock, policy: InvokePolicy | undefined) {
    this.#clock = clock
    this.#policy = policy
  }

  /**
   * Throws `no-route` for a revision that does not serve the route now, what the policy says of the request that would
   * follow, `aborted`, and `timeout` when the policy takes too long. Upstreams that fail count as those that cannot tell.
   */
  async find(route: Route, options: DescribeOptions): Promise<DescribedModel> {
    const { requestId = this.#clock.id(), headers, abortSignal, revision } = options
    const upstreams = upstreamsOf(route, revision)
    const leaving = new AbortController()
    const leave = (): void => leaving.abort(new ModelspineError('aborted', 'the caller aborted the request'))
    if (abortSignal?.aborted) leave()
    else abortSignal?.addEventListener('abort', leave, { once: true })
    const timer = this.#clock.schedule(limitMs, () => leaving.abort(tooLate(`route ${route.key}`)))
    try {
      await this.#admit(route, requestId, options, leaving.signal)
      return await this.#first(upstreams, {
        requestId,
        abortSignal: leaving.signal,
        ...(headers && { headers }),
      })
    } finally {
      timer.cancel()
      abortSignal?.removeEventListener('abort', leave)
    }
  }

  /** Who may not ask the model may not learn of it. */
  async #admit(
    route: Route,
    requestId: string,
    { actor = { name: 'anonymous' } }: DescribeOptions,
    abortSignal: AbortSignal,
  ): Promise<void> {
    const operation = route.operations.includes('infer') ? 'infer' : route.operations[0]
    if (this.#policy === undefined || operation === undefined) return
    const question = { action: 'invoke', actor, route: route.key, operation, requestId } as const
    const decided = Promise.resolve(ask(this.#policy, question, { abortSignal }))
    const decision = await unlessAborted(decided, abortSignal, asError)
    // A description has no output tokens, so every cap holds.
    termsOf(decision, route, { operation, capsTokens: true })
  }

  async #first(upstreams: readonly Upstream[], context: CallContext): Promise<DescribedModel> {
    for (const upstream of upstreams) {
      const told = this.#look(upstream, context)
      if (told === undefined) continue
      try {
        const description = await unlessAborted(told, context.abortSignal, asError)
        return { description, upstream: upstream.identity }
      } catch {
        const { aborted, reason } = context.abortSignal
        if (aborted && reason.code === 'aborted') throw reason
        if (aborted) return {}
      }
    }
    return {}
  }

  /** Undefined for an upstream whose provider has no descriptions. */
  #look(
    { connection, identity: { model } }: Upstream,
    { requestId, headers }: CallContext,
  ): Promise<ModelDescription> | undefined {
    const { provider } = connection
    if (provider.describe === undefined) return undefined
    const models = this.#looked.get(connection) ?? new Map<string, Looked>()
    this.#looked.set(connection, models)
    const known = models.get(model)
    if (known !== undefined && this.#clock.monotonic() < known.untilMs) return known.answer

    const controller = new AbortController()
    const timer = this.#clock.schedule(limitMs, () => controller.abort(tooLate(`provider ${provider.name}`)))
    connection.lease()
    const context = { requestId, abortSignal: controller.signal, ...(headers && { headers }) }
    const asked = askProvider(provider, model, context)
    const looked: Looked = {
      answer: unlessAborted(asked, controller.signal, asError),
      untilMs: Number.POSITIVE_INFINITY,
    }
    const over = (keepMs: number): void => {
      timer.cancel()
      connection.release()
      looked.untilMs = this.#clock.monotonic() + keepMs
    }
    looked.answer.then(
      () => over(knownForMs),
      () => over(restMs),
    )
    models.set(model, looked)
    return looked.answer
  }
}

/** Those with the most traffic first, and the stable one of two. Fallbacks come last. */
function upstreamsOf(route: Route, revision: string | undefined): readonly Upstream[] {
  const all = byTraffic(route.plans.infer ?? { backends: [], fallback: [] })
  if (revision === undefined) return all
  const meant = all.filter(({ identity }) => identity.revision === revision)
  if (meant.length > 0) return meant
  const names = all.flatMap(({ identity }) => identity.revision ?? [])
  const others = [...new Set(names)].join(', ') || 'none'
  const message = `route ${route.key} has no version "${revision}" that serves now; those that do: ${others}`
  throw new ModelspineError('no-route', message, { details: { route: route.key, revision } })
}

function byTraffic({ backends, fallback }: RoutePlan): readonly Upstream[] {
  const shares = backends.flatMap(({ weight, upstreams }) => {
    const sum = upstreams.reduce((all, upstream) => all + upstream.weight, 0)
    return upstreams.map((upstream) => ({ upstream, share: (weight * upstream.weight) / sum }))
  })
  shares.sort(
    (one, other) => other.share - one.share || Number(other.upstream.stable) - Number(one.upstream.stable),
  )
  return [...shares.map(({ upstream }) => upstream), ...fallback.flatMap(({ upstreams }) => upstreams)]
}

async function askProvider(
  provider: ModelProvider,
  model: string,
  context: CallContext,
): Promise<ModelDescription> {
  return (await provider.describe?.(model, context)) ?? {}
}

function tooLate(who: string): ModelspineError {
  return new ModelspineError('timeout', `${who} did not describe its model within ${limitMs} ms`)
}

function asError(reason: unknown): Error {
  return reason as Error
}
