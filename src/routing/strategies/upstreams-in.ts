import type { RoutePlan, Upstream } from '../table/route.ts'

/** All upstreams of a plan, its fallbacks last. */
export function upstreamsIn({ backends, fallback }: RoutePlan): readonly Upstream[] {
  return [...backends, ...fallback].flatMap(({ upstreams }) => upstreams)
}
