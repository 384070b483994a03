import { isBeyond, type Reach } from '../attempt/failure-reach.ts'
import type { Choice, RoutePlan, Upstream } from '../table/route.ts'

/** Chooses the upstream to ask. The router calls the picker for every attempt, so it must be quick. */
export interface UpstreamPicker {
  /** The first upstream to ask. Undefined when the plan has no upstream. */
  first(plan: RoutePlan): Upstream | undefined
  /**
   * The upstream to ask after `failed` failed with a failure of this reach. Undefined when no upstream is
   * left.
   */
  next(plan: RoutePlan, failed: Upstream, reach: Reach): Upstream | undefined
}

/**
 * Chooses at random: first a backend by its weight, then one of the backend's upstreams by its weight.
 * Failover has this order:
 *
 * 1. A sibling revision that may stand in for the failed one: the stable revision, or, when the failed
 *    revision is not the stable one, a sibling whose weight is not smaller. So traffic never moves from a
 *    proven revision to an unproven one.
 * 2. The fallback, in its order.
 * 3. Another backend, by weight.
 */
export function weightedPicker(random: () => number): UpstreamPicker {
  const pick = (choices: readonly Choice[]): Upstream | undefined => {
    const choice = choose(choices, random)
    return choice && choose(choice.upstreams, random)
  }
  return {
    first: (plan) => pick(plan.backends) ?? pick(plan.fallback.slice(0, 1)),
    next(plan, failed, reach) {
      const allowed = (upstream: Upstream): boolean => isBeyond(reach, failed, upstream)
      const home = plan.backends.find((choice) => choice.upstreams.includes(failed))
      const siblings = home?.upstreams.filter((each) => allowed(each) && standsIn(each, failed)) ?? []
      const others = narrowed(
        plan.backends.filter((choice) => choice !== home),
        allowed,
      )
      const fallback = narrowed(plan.fallback, allowed).slice(0, 1)
      return choose(siblings, random) ?? pick(fallback) ?? pick(others)
    },
  }
}

function standsIn(sibling: Upstream, failed: Upstream): boolean {
  return sibling.stable || (!failed.stable && sibling.weight >= failed.weight)
}

/** The same choices, with the allowed upstreams only. A choice without an allowed upstream is left out. */
function narrowed(choices: readonly Choice[], allowed: (upstream: Upstream) => boolean): readonly Choice[] {
  return choices.flatMap(({ weight, upstreams }) => {
    const left = upstreams.filter(allowed)
    return left.length > 0 ? [{ weight, upstreams: left }] : []
  })
}

/** Chooses one item. The probability of an item is its weight divided by the sum. Weights are above 0. */
export function choose<Item extends { readonly weight: number }>(
  items: readonly Item[],
  random: () => number,
): Item | undefined {
  if (items.length <= 1) return items[0]
  let total = 0
  for (const { weight } of items) total += weight
  let left = random() * total
  for (const item of items) {
    left -= item.weight
    if (left < 0) return item
  }
  return items.at(-1)
}
