import type { Comparison } from './evidence/comparison.ts'

/** The chances of a false failure and of a false pass that are allowed. */
export interface Levels {
  readonly alpha: number
  readonly beta: number
}

/** What is shown by a test. Both claims may be refuted when their numbers are spoiled; then failing is safer. */
export function testVerdict(
  comparison: Comparison,
  margin: number,
  levels: Levels,
): 'pass' | 'fail' | 'undecided' {
  if (isShown('fail', comparison, margin, levels)) return 'fail'
  return isShown('pass', comparison, margin, levels) ? 'pass' : 'undecided'
}

/** Whether a test shows that the rule is broken, or that it is met. */
export function isShown(
  verdict: 'pass' | 'fail',
  { above, below }: Comparison,
  margin: number,
  { alpha, beta }: Levels,
): boolean {
  const [evidence, level] = verdict === 'fail' ? [above, alpha] : [below, beta]
  const enough = -Math.log(level)
  return evidence(margin, enough) > enough
}
