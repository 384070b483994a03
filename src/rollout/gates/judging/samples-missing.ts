import type { TestOptions } from '../choose-test.ts'
import { type Sample, scaled } from '../evidence/sample.ts'
import type { Levels } from '../test-verdict.ts'
import { shownBySamples } from './judge-samples.ts'

/** Numbers that do not decide with so many times the samples lie too close to the bound to say when they will. */
const mostTimes = 64
const halvings = 5

/** How many times the samples it takes, and what they would show. */
export interface MoreSamples {
  readonly times: number
  readonly verdict: 'pass' | 'fail'
}

/**
 * How many times the samples it takes until something is shown, and what, if the numbers stay as they are. Undefined when
 * that is far away.
 */
export function samplesMissing(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
  levels: Levels,
): MoreSamples | undefined {
  const at = (times: number): 'pass' | 'fail' | undefined =>
    shownBySamples(scaled(candidate, times), stable && scaled(stable, times), options, levels)
  let enough = 2
  let verdict = at(enough)
  while (verdict === undefined && enough < mostTimes) {
    enough *= 2
    verdict = at(enough)
  }
  if (verdict === undefined) return undefined
  let few = enough / 2
  for (let step = 0; step < halvings; step += 1) {
    const middle = (few + enough) / 2
    const found = at(middle)
    if (found === undefined) few = middle
    else [enough, verdict] = [middle, found]
  }
  return { times: enough, verdict }
}
