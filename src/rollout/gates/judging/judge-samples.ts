import { type ChosenTest, type GateTest, type TestOptions, testFor } from '../choose-test.ts'
import type { Sample } from '../evidence/sample.ts'
import { type Levels, testVerdict } from '../test-verdict.ts'

/** What the fitting test says of samples. */
export interface JudgedSamples {
  readonly test: GateTest
  /** The fitting test for other numbers of the same gate. */
  readonly choose: ChosenTest
  readonly margin: number
  /** The difference beyond the margin that the evidence is strong for. */
  readonly wanted: number
  readonly levels: Levels
  readonly verdict: 'pass' | 'fail' | 'undecided'
}

/** Puts samples to the test that fits. Undefined when none does. */
export function judgeSamples(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
  levels: Levels,
): JudgedSamples | undefined {
  const choose = testFor(options)
  const test = choose(candidate, stable)
  if (test === undefined) return undefined
  const { margin, detect } = options.aim
  return {
    test,
    choose,
    margin,
    wanted: detect - margin,
    levels,
    verdict: testVerdict(test.comparison, margin, levels),
  }
}
