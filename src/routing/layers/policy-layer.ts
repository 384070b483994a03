import { ModelspineError } from '../../errors.ts'
import type { Decision } from '../../policy/contract.ts'
import type { RoutedRequest } from '../attempt/routed-request.ts'
import { ask, type InvokePolicy, termsOf } from './invoke-policy.ts'

/** The first layer: whether the route offers the operation, whether there is room, and what the policy says. */
export class PolicyLayer {
  readonly #policy: InvokePolicy | undefined

  constructor(policy: InvokePolicy | undefined) {
    this.#policy = policy
  }

  /** Throws when the request may not go on. A promise only when the policy answers with one. */
  admit(request: RoutedRequest): undefined | Promise<undefined> {
    const { route, operation, actor, requestId } = request
    if (!route.operations.includes(operation)) throw notOffered(request)
    if (route.load.inFlight > route.limits.maxInFlight) throw noRoom(request)
    if (this.#policy === undefined) return undefined
    const question = { action: 'invoke', actor, route: route.key, operation, requestId } as const
    const decision = ask(this.#policy, question, request)
    if (!('then' in decision)) return obey(request, decision)
    return request.wait(decision).then((late) => obey(request, late))
  }
}

/** Throws when the decision denies the request. Otherwise makes the request obey the decision's terms. */
function obey(request: RoutedRequest, decision: Decision): undefined {
  request.decision = decision
  const { descriptor, route, meets } = request
  const { maxOutputTokens } = termsOf(decision, route, {
    operation: descriptor.name,
    capsTokens: descriptor.capTokens !== undefined || meets.includes('cap-tokens'),
  })
  if (maxOutputTokens === undefined) return
  request.maxOutputTokens = maxOutputTokens
  if (descriptor.capTokens !== undefined) request.body = descriptor.capTokens(request.body, maxOutputTokens)
}

function notOffered({ route, operation }: RoutedRequest): ModelspineError {
  const offered = route.operations.join(', ')
  const message = `route ${route.key} does not offer ${operation}, only ${offered}`
  return new ModelspineError('unsupported', message, { details: { route: route.key, operation } })
}

function noRoom({ route }: RoutedRequest): ModelspineError {
  const { maxInFlight } = route.limits
  const message = `route ${route.key} has ${maxInFlight} requests under way, which is the most that its spec.maxInFlight allows`
  return new ModelspineError('overloaded', message, { details: { route: route.key, maxInFlight } })
}
