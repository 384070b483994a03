import type { Aim, Comparison, Evidence } from './comparison.ts'
import { type Proportion, proportionsTest } from './proportions.ts'

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
  const asDeclared = proportionsTest(share, aim)
  return (candidate, stable) => {
    const declared = asDeclared(candidate, stable)
    const part = candidate.total / (candidate.total + stable.total)
    if (part === share) return declared
    const came = proportionsTest(part, aim)(candidate, stable)
    return {
      ...declared,
      above: lowerOf(declared.above, came.above),
      below: lowerOf(declared.below, came.below),
    }
  }
}

function lowerOf(one: Evidence, other: Evidence): Evidence {
  return (margin, enough) => {
    const first = one(margin, enough)
    return enough !== undefined && first <= enough ? first : Math.min(first, other(margin, enough))
  }
}
