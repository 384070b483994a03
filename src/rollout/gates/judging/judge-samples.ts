import { chooseTest, type GateTest, type TestOptions } from '../choose-test.ts'
import type { Sample } from '../evidence/sample.ts'
import { type Levels, testVerdict } from '../test-verdict.ts'

/** What the fitting test says of samples, and what it was told. */
export interface JudgedSamples {
  readonly test: GateTest
  readonly options: TestOptions
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
  const declared = judgedWith(candidate, stable, options, levels)
  if (declared === undefined || isShownAsCame(declared, candidate, stable, levels)) return declared
  const { share: _, ...others } = options
  return judgedWith(candidate, stable, others, levels)
}

/** What a test shows, if the samples could be divided in any way for it. */
export function shownBySamples(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
  levels: Levels,
): 'pass' | 'fail' | undefined {
  const declared = judgedWith(candidate, stable, options, levels)
  if (declared === undefined || declared.verdict === 'undecided') return undefined
  return isShownAsCame(declared, candidate, stable, levels) ? declared.verdict : undefined
}

function judgedWith(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
  levels: Levels,
): JudgedSamples | undefined {
  const test = chooseTest(candidate, stable, options)
  return test && { test, options, verdict: testVerdict(test.comparison, options.aim.margin, levels) }
}

function isShownAsCame(
  { test, options, verdict }: JudgedSamples,
  candidate: Sample,
  stable: Sample | undefined,
  levels: Levels,
): boolean {
  if (test.method !== 'proportions' || verdict === 'undecided') return true
  if (candidate.kind !== 'proportion' || stable?.kind !== 'proportion') return true
  const share = candidate.total / (candidate.total + stable.total)
  return judgedWith(candidate, stable, { ...options, share }, levels)?.verdict === verdict
}
