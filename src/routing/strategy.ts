import { isBeyond, type Reach } from './judge.ts'
import type { Candidate, Choice, RoutePlan } from './route.ts'

/** Who is asked. Must be quick: it is called for every attempt, and decides at once. */
export interface RoutingStrategy {
  /** The first to be asked; undefined when the plan has nobody. */
  first(plan: RoutePlan): Candidate | undefined
  /** Who is asked after `failed` failed with a failure of this reach; undefined when nobody is left. */
  next(plan: RoutePlan, failed: Candidate, reach: Reach): Candidate | undefined
}

/**
 * Chooses at random: a backend by its weight, then a revision by its share. Fails over first to a sibling revision
 * that may stand in (the stable one, or where that is unknown one with no smaller share, so that traffic never moves
 * from a proven revision to an unproven one), then through the fallback in order, then to another backend by weight.
 */
export function weightedStrategy(random: () => number): RoutingStrategy {
  const pick = (choices: readonly Choice[]): Candidate | undefined => {
    const choice = choose(choices, random)
    return choice && choose(choice.candidates, random)
  }
  return {
    first: (plan) => pick(plan.backends) ?? pick(plan.fallback.slice(0, 1)),
    next(plan, failed, reach) {
      const allowed = (candidate: Candidate): boolean => isBeyond(reach, failed, candidate)
      const home = plan.backends.find((choice) => choice.candidates.includes(failed))
      const siblings = home?.candidates.filter((each) => allowed(each) && standsIn(each, failed)) ?? []
      const others = narrowed(
        plan.backends.filter((choice) => choice !== home),
        allowed,
      )
      const fallback = narrowed(plan.fallback, allowed).slice(0, 1)
      return choose(siblings, random) ?? pick(fallback) ?? pick(others)
    },
  }
}

function standsIn(sibling: Candidate, failed: Candidate): boolean {
  return sibling.stable || (!failed.stable && sibling.weight >= failed.weight)
}

/** The choices with only those candidates that are allowed; choices without any are left out. */
function narrowed(choices: readonly Choice[], allowed: (candidate: Candidate) => boolean): readonly Choice[] {
  return choices.flatMap(({ weight, candidates }) => {
    const left = candidates.filter(allowed)
    return left.length > 0 ? [{ weight, candidates: left }] : []
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
