import type { GateMethod } from '../../resources/deployment/deployment-status.ts'
import type { GateRange } from '../../resources/deployment/model-deployment.ts'
import { compareMean, compareMeans } from './evidence/asymptotic-means.ts'
import type { Aim, Comparison } from './evidence/comparison.ts'
import { compareProportion } from './evidence/proportion.ts'
import { compareProportions } from './evidence/proportions.ts'
import type { Sample } from './evidence/sample.ts'

/** The test that fits a gate's numbers, and between what its difference can lie. */
export interface GateTest {
  readonly method: Exclude<GateMethod, 'plain'>
  readonly comparison: Comparison
  readonly least: number
  readonly most: number
}

export interface TestOptions {
  readonly aim: Aim
  /** The candidate's part of the requests, from 0 to 1. When it is not known, what came is taken as what was meant. */
  readonly share?: number
  /** Between what single values lie, turned so that less is better. */
  readonly range?: GateRange
}

/** Chooses by what was measured. Undefined when no test fits, such as two samples of different kinds. */
export function chooseTest(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
): GateTest | undefined {
  if (stable !== undefined && stable.kind !== candidate.kind) return undefined
  const { aim, share } = options
  switch (candidate.kind) {
    case 'proportion': {
      if (stable?.kind !== 'proportion') {
        return { method: 'proportion', comparison: compareProportion(candidate, aim), least: 0, most: 1 }
      }
      const split = share ?? candidate.total / (candidate.total + stable.total)
      const comparison = compareProportions(candidate, stable, split, aim)
      return { method: 'proportions', comparison, least: -1, most: 1 }
    }
    case 'moments': {
      const comparison =
        stable?.kind === 'moments' ? compareMeans(candidate, stable, aim) : compareMean(candidate, aim)
      return { method: 'asymptotic-means', comparison, ...reachOf(candidate, stable) }
    }
    default:
      return undefined
  }
}

/** Far more than the difference of two means can be off. */
function reachOf(candidate: Sample, stable: Sample | undefined): Pick<GateTest, 'least' | 'most'> {
  const roots = [candidate, stable].map((sample) =>
    sample?.kind === 'moments' ? Math.sqrt(sample.sumSquares / sample.count) : 0,
  )
  const reach = 10 * Math.max(...roots)
  return { least: -reach, most: reach }
}
