import { isBeyond } from '../attempt/failure-reach.ts'
import type { RoutingStrategy } from './routing-strategy.ts'
import { upstreamsIn } from './upstreams-in.ts'

/** Asks the upstreams in the order in which the route writes them, its fallbacks last. Weights do not count. */
export const inOrderStrategy: RoutingStrategy = {
  pick: (plan, _request, tried) =>
    upstreamsIn(plan).find((upstream) => tried.every((each) => isBeyond(each, upstream))),
}
