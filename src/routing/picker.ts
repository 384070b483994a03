import { isBeyond, type Reach } from './failure-reach.ts'
import type { Choice, RoutePlan, Upstream } from './route.ts'

/** Who is asked. Must be quick: it is called for every attempt, and decides at once. */
export interface UpstreamPicker {
  /** The first to be asked; undefined when the plan has nobody. */
  first(plan: RoutePlan): Upstream | undefined
  /** Who is asked after `failed` failed with a failure of this reach; undefined when nobody is left. */
  next(plan: RoutePlan, failed: Upstream, reach: Reach): Upstream | undefined
}

/**
 * Chooses at random: a backend by its weight, then one of its upstreams by its own. Fails over first to a sibling revision
 * that may stand in (the stable one, or where that is unknown one with no smaller share, so that traffic never moves
 * from a proven revision to an unproven one), then through the fallback in order, then to another backend by weight.
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

/** The choices with only those upstreams that are allowed; choices without any are left out. */
function narrowed(choices: readonly Choice[], allowed: (upstream: Upstream) => boolean): readonly Choice[] {
  return choices.flatMap(({ weight, upstreams }) => {
    const left = upstreams.filter(allowed)
    return left.length > 0 ? [{ weight, upstreams: left }] : []
  })
}

/** One of the items, each with the probability of its weight over the sum. Weights are above 0. */
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
