import { type ChosenTest, type GateTest, type TestOptions, testFor } from '../choose-test.ts'
import type { Sample } from '../evidence/sample.ts'
import { isShown, type Levels, testVerdict } from '../test-verdict.ts'

/** What the fitting test says of samples, and by which tests something is shown. */
export interface JudgedSamples {
  readonly test: GateTest
  /** The fitting test for other numbers of the same gate. */
  readonly choose: ChosenTest
  /** Another test, which has to show the same. */
  readonly chooseAlso: ChosenTest | undefined
  readonly margin: number
  readonly levels: Levels
  readonly verdict: 'pass' | 'fail' | 'undecided'
}

/**
 * Puts samples to the test that fits. Undefined when none does.
 *
 * The test of two proportions expects that samples divide as the split says. A sample that is missing on one side is to it a
 * sign of the other side. So what it shows has to be shown for the division of the samples as they came, too. Otherwise the
 * test that holds for any division decides.
 */
export function judgeSamples(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
  levels: Levels,
): JudgedSamples | undefined {
  const choose = testFor(options)
  const test = choose(candidate, stable)
  if (test === undefined) return undefined
  const { margin } = options.aim
  const verdict = testVerdict(test.comparison, margin, levels)
  const chooseAlso = test.method === 'proportions' ? testAsCame(candidate, stable, options) : undefined
  const judged = { test, choose, chooseAlso, margin, levels, verdict }
  if (chooseAlso === undefined || verdict === 'undecided') return judged
  const also = chooseAlso(candidate, stable)
  if (also !== undefined && isShown(verdict, also.comparison, margin, levels)) return judged
  const { share: _, ...others } = options
  return judgeSamples(candidate, stable, others, levels)
}

/** The same test for the division of the samples as they came. Undefined where that is the declared one. */
function testAsCame(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
): ChosenTest | undefined {
  if (candidate.kind !== 'proportion' || stable?.kind !== 'proportion') return undefined
  const share = candidate.total / (candidate.total + stable.total)
  return share === options.share ? undefined : testFor({ ...options, share })
}
