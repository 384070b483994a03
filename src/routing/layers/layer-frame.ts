import { ModelspineError } from '../../errors.ts'
import type { RoutedRequest } from '../attempt/routed-request.ts'
import type { CommittedStream } from '../attempt/stream.ts'
import { GuardedStream } from './guarded-stream.ts'
import type { Budget, CachedReply, Layers } from './layers.ts'
import type { PolicyLayer } from './policy-layer.ts'

/** What stands before and after the attempts of every request, in the order of `layers.ts`. */
export class LayerFrame {
  readonly #policy: PolicyLayer
  readonly #layers: Layers
  readonly #hasLayersIn: boolean
  /** Whether replies and streams are judged before the caller gets them. */
  readonly guardsReplies: boolean

  constructor(policy: PolicyLayer, layers: Layers) {
    this.#policy = policy
    this.#layers = layers
    const { guardrailsIn = [], cache, budgets = [], guardrailsOut = [] } = layers
    this.#hasLayersIn = guardrailsIn.length > 0 || cache !== undefined || budgets.length > 0
    this.guardsReplies = guardrailsOut.length > 0
  }

  /**
   * Everything before the attempts. Gives a reply if the cache has one. Not a promise when there is only a policy, and
   * it answers at once.
   */
  enter(request: RoutedRequest): CachedReply | undefined | Promise<CachedReply | undefined> {
    this.#promiseSettlement(request)
    const admitted = this.#policy.admit(request)
    if (!this.#hasLayersIn) return admitted
    return this.#enterLayers(request, admitted)
  }

  /** Everything before the attempts of a request that the caller sends itself. */
  async enterUnseen(request: RoutedRequest): Promise<void> {
    const { guardrailsIn = [], budgets = [] } = this.#layers
    if (guardrailsIn.length > 0 || this.guardsReplies) throw unseen(request)
    this.#promiseSettlement(request)
    await this.#policy.admit(request)
    for (const budget of budgets) await this.#reserve(request, budget)
  }

  keep(request: RoutedRequest, reply: CachedReply): void {
    const { cache } = this.#layers
    if (cache !== undefined && !request.streamed)
      request.around.observers.guarded(() => cache.keep(request, reply))
  }

  /** The reply that the caller gets. */
  async leave(request: RoutedRequest, reply: unknown): Promise<unknown> {
    let judged = reply
    for (const guardrail of this.#layers.guardrailsOut ?? []) {
      judged = await request.wait(Promise.resolve(guardrail.checkReply(request, judged)))
    }
    return judged
  }

  /** The stream that the caller gets. */
  leaveStream<Piece>(request: RoutedRequest, stream: CommittedStream<Piece>): AsyncIterableIterator<Piece> {
    const { guardrailsOut } = this.#layers
    return guardrailsOut === undefined ? stream : new GuardedStream(request, stream, guardrailsOut)
  }

  async #enterLayers(
    request: RoutedRequest,
    admitted: Promise<undefined> | undefined,
  ): Promise<CachedReply | undefined> {
    if (admitted !== undefined) await admitted
    const { guardrailsIn = [], cache, budgets = [] } = this.#layers
    for (const guardrail of guardrailsIn) {
      request.body = await request.wait(Promise.resolve(guardrail.checkRequest(request)))
    }
    const found =
      cache === undefined || request.streamed
        ? undefined
        : await request.wait(Promise.resolve(cache.find(request)))
    if (found !== undefined && mayAnswer(found, request)) return found
    for (const budget of budgets) await this.#reserve(request, budget)
    return undefined
  }

  /** A reservation that comes after the request was stopped is settled, too. */
  async #reserve(request: RoutedRequest, budget: Budget): Promise<void> {
    const reserved = Promise.resolve(budget.reserve(request)).then(() => {
      request.whenEnded((record) => budget.settle(request, record))
    })
    await request.wait(reserved)
  }

  #promiseSettlement(request: RoutedRequest): void {
    for (const layer of this.#layers.settlement ?? []) {
      request.whenEnded((record) => layer.settle(request, record))
    }
  }
}

/** A reply that was kept before the route forbade approximations, or by another route, counts as not found. */
function mayAnswer({ approximated = [] }: CachedReply, { route }: RoutedRequest): boolean {
  return approximated.length === 0 || route.translation.approximations === 'allow'
}

function unseen({ route }: RoutedRequest): ModelspineError {
  const message = `the router has guardrails, which cannot see a request of route ${route.key} that the caller sends itself; send it through the router`
  return new ModelspineError('unsupported', message, { details: { route: route.key } })
}
