import type { AnalysisGate } from '../../src/resources/deployment/model-deployment.ts'
import { gateAim } from '../../src/rollout/gates/gate-aim.ts'
import { judgeSamples } from '../../src/rollout/gates/judging/judge-samples.ts'
import type { Levels } from '../../src/rollout/gates/test-verdict.ts'
import { levelsOfWindow } from '../../src/rollout/gates/window-part.ts'
import type { Course, Judge } from './races.ts'
import { watchedGate } from './watched-run.ts'

/** Counts of one revision up to a look. */
export interface Counts {
  bad: number
  total: number
}

/** Requests that fail with these chances. */
export function errorCourse(chances: Readonly<Record<'candidate' | 'stable', number>>): Course<Counts> {
  return {
    start: () => ({ bad: 0, total: 0 }),
    meet(counts, revision, random) {
      counts.total += 1
      if (random() < chances[revision]) counts.bad += 1
    },
  }
}

/** Of the first window of a step. */
export const levels: Levels = levelsOfWindow({ alpha: 0.05, beta: 0.1 }, 1)

/** The test that a gate `noWorseThan: stable` with `detect: 0.02` is judged by, for what is still allowed. */
export function ourTest(by: number): Judge<Counts> {
  const gate: AnalysisGate = { ...watchedGate, pass: { noWorseThan: 'stable', by, better: 'lower' } }
  return (candidate, stable, before) => {
    const sample = { kind: 'proportion', ...candidate } as const
    const aim = gateAim(gate, sample, { value: before.bad / before.total, samples: before.total })
    const judged = judgeSamples(sample, { kind: 'proportion', ...stable }, { aim, share: 0.5 }, levels)
    return judged?.verdict === 'fail'
  }
}

const fewest = 200

/** As many tools do it: one point more errors than stable, from 200 samples on. */
export const threshold: Judge<Counts> = (candidate, stable) =>
  candidate.total >= fewest && candidate.bad / candidate.total > stable.bad / stable.total + 0.01

/** A z-test for two proportions at 5 %, one-sided, at each look. */
export const zTest: Judge<Counts> = (candidate, stable) => {
  if (candidate.total < fewest) return false
  const pooled = (candidate.bad + stable.bad) / (candidate.total + stable.total)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / candidate.total + 1 / stable.total))
  return candidate.bad / candidate.total - stable.bad / stable.total > 1.6449 * error
}
