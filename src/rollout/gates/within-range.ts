import type { GateRange } from '../../resources/deployment/model-deployment.ts'
import type { Moments } from './evidence/sample.ts'

/** Rounding must not make a value of its bounds one beyond them. */
const rounding = 1e-9

/** Whether values with these sums can all lie in a range. If not, the range is not true, and no exact test holds. */
export function isWithin({ count, sum, sumSquares }: Moments, { min, max }: GateRange): boolean {
  // (y - min)(max - y) is 0 or more for each value, and so is its sum.
  const inside = (min + max) * sum - count * min * max - sumSquares
  return inside >= -rounding * count * (max - min) ** 2
}
