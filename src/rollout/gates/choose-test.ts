import type { GateMethod } from '../../resources/deployment/deployment-status.ts'
import type { GateRange } from '../../resources/deployment/model-deployment.ts'
import { compareMean, compareMeans } from './evidence/asymptotic-means.ts'
import { compareBoundedMean, compareBoundedMeans } from './evidence/bounded-means.ts'
import type { Aim, Comparison } from './evidence/comparison.ts'
import { compareProportion } from './evidence/proportion.ts'
import { compareQuantile, compareQuantiles } from './evidence/quantiles.ts'
import { compareRate, compareRates } from './evidence/rates.ts'
import type { CellCounts, Events, Moments, Proportion, Sample } from './evidence/sample.ts'
import { splitProportionsTest } from './evidence/split-proportions.ts'
import { isSplit } from './whole-traffic.ts'
import { isWithin } from './within-range.ts'

/** The test that fits a gate's numbers, and between what its difference is looked for. */
export interface GateTest {
  readonly method: Exclude<GateMethod, 'plain'>
  readonly comparison: Comparison
  readonly least: number
  readonly most: number
  /** Where a true difference may lie beyond `least` and `most`: nowhere between two shares, above for a rate. */
  readonly open: 'nowhere' | 'above' | 'everywhere'
}

export interface TestOptions {
  readonly aim: Aim
  /** The candidate's part of the requests, from 0 to 1. */
  readonly share?: number
  /** Between what single values lie, turned so that less is better. */
  readonly range?: GateRange
}

/** The split of tests that stay true for any split, where it is not known. They only need more samples then. */
const evenly = 0.5

/** Undefined when no test fits, such as two samples of different kinds. */
export type ChosenTest = (candidate: Sample, stable: Sample | undefined) => GateTest | undefined

/** Chooses by what was measured. */
export function chooseTest(
  candidate: Sample,
  stable: Sample | undefined,
  options: TestOptions,
): GateTest | undefined {
  return testFor(options)(candidate, stable)
}

/** Chooses the tests of a gate. Who tests other numbers with the same options computes what depends on them once. */
export function testFor(options: TestOptions): ChosenTest {
  const { aim, share } = options
  // Without a split by chance, only a test that holds for any split is true.
  const compareProportions = isSplit(share) ? splitProportionsTest(share, aim) : undefined
  return (candidate, stable) => {
    if (stable !== undefined && stable.kind !== candidate.kind) return undefined
    switch (candidate.kind) {
      case 'proportion': {
        if (stable?.kind !== 'proportion') {
          const comparison = compareProportion(candidate, aim)
          return { method: 'proportion', comparison, least: 0, most: 1, open: 'nowhere' }
        }
        if (compareProportions === undefined) {
          return testOfMeans(asMoments(candidate), asMoments(stable), { aim, range: { min: 0, max: 1 } })
        }
        return {
          method: 'proportions',
          comparison: compareProportions(candidate, stable),
          least: -1,
          most: 1,
          open: 'nowhere',
        }
      }
      case 'moments':
        return testOfMeans(candidate, stable?.kind === 'moments' ? stable : undefined, options)
      case 'cells':
        return testOfQuantiles(candidate, stable?.kind === 'cells' ? stable : undefined, options)
      case 'events':
        return testOfRates(candidate, stable?.kind === 'events' ? stable : undefined, options)
    }
  }
}

/** Each sample is a value of 0 or 1. */
function asMoments({ bad, total }: Proportion): Moments {
  return { count: total, sum: bad, sumSquares: bad }
}

function testOfMeans(candidate: Moments, stable: Moments | undefined, options: TestOptions): GateTest {
  const { aim, range, share = evenly } = options
  // A gate with an untrue range is an error (`outsideRange`). Made-up samples of a price may lie a little beyond theirs.
  if (
    range !== undefined &&
    isWithin(candidate, range) &&
    (stable === undefined || isWithin(stable, range))
  ) {
    const width = range.max - range.min
    return stable === undefined
      ? {
          method: 'bounded-means',
          comparison: compareBoundedMean(candidate, range, aim),
          least: range.min,
          most: range.max,
          open: 'nowhere',
        }
      : {
          method: 'bounded-means',
          comparison: compareBoundedMeans(candidate, stable, share, range, aim),
          least: -width,
          most: width,
          open: 'nowhere',
        }
  }
  const comparison = stable === undefined ? compareMean(candidate, aim) : compareMeans(candidate, stable, aim)
  return { method: 'asymptotic-means', comparison, open: 'everywhere', ...reachOf(candidate, stable) }
}

function testOfQuantiles(
  candidate: CellCounts,
  stable: CellCounts | undefined,
  { aim, share = evenly }: TestOptions,
): GateTest {
  const ends = [candidate, ...(stable === undefined ? [] : [stable])].flatMap(({ bounds }) => [
    Math.min(0, bounds[0] as number),
    bounds.at(-1) as number,
  ])
  const [least, most] = [Math.min(...ends), Math.max(...ends)]
  return stable === undefined
    ? {
        method: 'quantiles',
        comparison: compareQuantile(candidate, aim),
        least,
        most,
        // Without a bound at 0 or below, the first cell begins at 0.
        open: (candidate.bounds[0] as number) > 0 ? 'above' : 'everywhere',
      }
    : {
        method: 'quantiles',
        open: 'everywhere',
        comparison: compareQuantiles(candidate, stable, share, aim),
        least: least - most,
        most: most - least,
      }
}

/** Events of two revisions are those of the whole traffic (`ofAllTraffic`). Without a split, none can be compared. */
function testOfRates(
  candidate: Events,
  stable: Events | undefined,
  { aim, share }: TestOptions,
): GateTest | undefined {
  if (stable !== undefined) {
    if (!isSplit(share)) return undefined
    const most = mostRate([candidate, stable])
    const comparison = compareRates(candidate, stable, aim)
    return { method: 'rates', comparison, least: -most, most, open: 'everywhere' }
  }
  const most = mostRate([candidate])
  return { method: 'rates', comparison: compareRate(candidate, aim), least: 0, most, open: 'above' }
}

/** Far more than the rates can be off. */
function mostRate(all: readonly Events[]): number {
  return Math.max(...all.map(({ events, exposureMs }) => (10_000 * (events + 10)) / exposureMs))
}

/** Far more than the difference of two means can be off. */
function reachOf(candidate: Moments, stable: Moments | undefined): Pick<GateTest, 'least' | 'most'> {
  const roots = [candidate, ...(stable === undefined ? [] : [stable])].map((sample) =>
    Math.sqrt(sample.sumSquares / sample.count),
  )
  const reach = 10 * Math.max(...roots)
  return { least: -reach, most: reach }
}
