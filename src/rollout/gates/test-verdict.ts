import type { Comparison } from './evidence/comparison.ts'

/** The chances of a false failure and of a false pass that are allowed. */
export interface Levels {
  readonly alpha: number
  readonly beta: number
}

/** What is shown by a test. Both claims may be refuted when their numbers are spoiled; then failing is safer. */
export function testVerdict(
  { above, below }: Comparison,
  margin: number,
  { alpha, beta }: Levels,
): 'pass' | 'fail' | 'undecided' {
  const [failure, success] = [-Math.log(alpha), -Math.log(beta)]
  if (above(margin, failure) > failure) return 'fail'
  return below(margin, success) > success ? 'pass' : 'undecided'
}
