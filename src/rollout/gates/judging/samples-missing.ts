import { crossingOf } from '../evidence/crossing.ts'
import { type Sample, scaled } from '../evidence/sample.ts'
import type { JudgedSamples } from './judge-samples.ts'

/** Numbers that do not decide with so many times the samples lie too close to the bound to say when they will. */
const mostTimes = 64
/** More digits than anybody is told. */
const tolerance = 0.03

/** How many times the samples it takes, and what they would show. */
export interface MoreSamples {
  readonly times: number
  readonly verdict: 'pass' | 'fail'
}

/**
 * How many times the samples it takes until something is shown, and what, if the numbers of an undecided test stay as they
 * are. Undefined when that is far away.
 */
export function samplesMissing(
  candidate: Sample,
  stable: Sample | undefined,
  { choose, margin, levels: { alpha, beta } }: JudgedSamples,
): MoreSamples | undefined {
  const evidenceAt = (side: 'above' | 'below', times: number, enough: number): number =>
    choose(scaled(candidate, times), stable && scaled(stable, times))?.comparison[side](margin, enough) ??
    Number.NEGATIVE_INFINITY
  for (const [side, level, verdict] of [
    ['above', alpha, 'fail'],
    ['below', beta, 'pass'],
  ] as const) {
    const enough = -Math.log(level)
    const most = evidenceAt(side, mostTimes, enough)
    if (most <= enough) continue
    const slope = most / mostTimes
    const search = { from: 1, to: mostTimes, guess: enough / slope, slope }
    return {
      times: crossingOf((times) => evidenceAt(side, times, enough), enough, search, tolerance),
      verdict,
    }
  }
  return undefined
}
