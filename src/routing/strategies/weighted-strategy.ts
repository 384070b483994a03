import { checkOption } from '../../resources/problems/known-options.ts'
import { isBeyond } from '../attempt/failure-reach.ts'
import { narrowed } from '../table/narrowed.ts'
import type { Choice, RoutePlan, Upstream } from '../table/route.ts'
import type { RoutingStrategy, Tried } from './routing-strategy.ts'

/**
 * Chooses at random: first a backend by its weight, then one of the backend's upstreams by its weight.
 * Failover has this order:
 *
 * 1. A sibling revision that may stand in for the failed one: the stable revision, or, when the failed
 *    revision is not the stable one, a sibling whose weight is not smaller. So traffic never moves from a
 *    proven revision to an unproven one.
 * 2. The fallbacks, in their order.
 * 3. Another backend, by weight.
 */
export function weightedStrategy(random: () => number): RoutingStrategy {
  checkOption('random', random, 'function!')
  const byWeight = (choices: readonly Choice[]): Upstream | undefined => {
    const choice = choose(choices, random)
    return choice && choose(choice.upstreams, random)
  }
  const first = ({ backends, fallback }: RoutePlan): Upstream | undefined =>
    byWeight(backends) ?? byWeight(fallback.slice(0, 1))

  const next = ({ backends, fallback }: RoutePlan, tried: readonly Tried[]): Upstream | undefined => {
    const isAllowed = (upstream: Upstream): boolean => tried.every((each) => isBeyond(each, upstream))
    const isTried = ({ upstreams }: Choice): boolean =>
      upstreams.some(({ id }) => tried.some(({ upstream }) => upstream.id === id))
    const last = tried.at(-1)?.upstream
    const home = [...backends, ...fallback].find(({ upstreams }) =>
      upstreams.some(({ id }) => id === last?.id),
    )
    const siblings = home?.upstreams.filter((each) => isAllowed(each) && last && standsIn(each, last)) ?? []
    const untried = (choices: readonly Choice[]): readonly Choice[] =>
      narrowed(
        choices.filter((choice) => !isTried(choice)),
        isAllowed,
      )
    return choose(siblings, random) ?? byWeight(untried(fallback).slice(0, 1)) ?? byWeight(untried(backends))
  }
  return {
    pick: (plan, _request, tried) => (tried.length === 0 ? first(plan) : next(plan, tried)),
  }
}

function standsIn(sibling: Upstream, failed: Upstream): boolean {
  return sibling.id === failed.id || sibling.stable || (!failed.stable && sibling.weight >= failed.weight)
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
