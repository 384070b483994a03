import type { Aim, Comparison, Evidence } from './comparison.ts'
import { alternativesTo, anyOrders, proportionsTest } from './proportions.ts'
import type { Proportion } from './sample.ts'

/** Samples that are many times as many divide in the same way, but for rounding. */
const rounding = 1e-12

/**
 * Compares two proportions of samples of which chance gave a share `share` to the candidate. To the test for this share, a
 * sample that is missing on one side is a sign of the other side. So the lower evidence counts of two: that for the declared
 * share, and that for the division of the samples as they came.
 *
 * The first one makes it hold at all looks together where samples divide as declared. The second one makes it hold at each
 * single look for any division that does not depend on the outcomes: beside given numbers of samples, the nearest allowed
 * pair is weighted with these numbers (Turner and Grünwald, theorem 1, for one block).
 */
export function splitProportionsTest(
  share: number,
  aim: Aim,
): (candidate: Proportion, stable: Proportion) => Comparison {
  const alternatives = alternativesTo(aim)
  const asDeclared = proportionsTest(share, aim, alternatives)
  let last: { readonly part: number; readonly test: typeof asDeclared } | undefined
  return (candidate, stable) => {
    const orders = anyOrders()
    const declared = asDeclared(candidate, stable, orders)
    const part = candidate.total / (candidate.total + stable.total)
    if (part === share) return declared
    if (last === undefined || Math.abs(part - last.part) > rounding) {
      last = { part, test: proportionsTest(part, aim, alternatives) }
    }
    const came = last.test(candidate, stable, orders)
    return {
      ...declared,
      above: lowerOf(declared.above, came.above),
      below: lowerOf(declared.below, came.below),
    }
  }
}

/** The one that was lower last time is asked first. Often its answer is enough, and numbers of the same one tell the way. */
function lowerOf(one: Evidence, other: Evidence): Evidence {
  let [first, second] = [one, other]
  return (margin, enough) => {
    const low = first(margin, enough)
    if (enough !== undefined && low <= enough) return low
    const high = second(margin, enough)
    if (high < low) [first, second] = [second, first]
    return Math.min(low, high)
  }
}
