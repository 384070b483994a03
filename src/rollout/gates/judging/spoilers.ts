import type { GateResult } from '../../../resources/deployment/deployment-status.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'
import { compareProportion } from '../evidence/proportion.ts'
import { compareProportions } from '../evidence/proportions.ts'
import type { JudgeContext } from '../judge-context.ts'

/** Why the numbers of two revisions must not be compared. */
export interface Spoiler {
  readonly spoiled: NonNullable<GateResult['spoiled']>
  readonly message: string
}

/** Logarithm of the evidence from which a spoiler is believed: it is wrong in one step of a thousand. */
const believed = Math.log(1000)
/** How far the split may be off, as a part of the smaller side. A router that counts in turns is not off by more. */
const splitTolerance = 0.02
/** How far the shares of requests that have a signal may differ. */
const heardTolerance = 0.02
/** How far the intervals of the two readings may differ, as a part of their length. */
const intervalTolerance = 0.05

/** Finds what makes a comparison worthless, whatever it says. That one of them has no data may come from the same. */
export function findSpoiler(
  candidate: MetricReading,
  stable: MetricReading,
  context: JudgeContext,
): Spoiler | undefined {
  return window(candidate, stable, context) ?? split(candidate, stable, context) ?? labels(candidate, stable)
}

function window(
  candidate: MetricReading,
  stable: MetricReading,
  { splitSinceMs, fromMs }: JudgeContext,
): Spoiler | undefined {
  if (candidate.kind === 'no-data' || stable.kind === 'no-data') return undefined
  if (splitSinceMs !== undefined && splitSinceMs > fromMs) {
    const late = (splitSinceMs - fromMs) / 1000
    return {
      spoiled: 'window',
      message: `the split of requests was changed ${late} s after the measured window began, so its numbers come from two different conditions`,
    }
  }
  const [one, other] = [candidate.covered, stable.covered]
  const length = Math.max(one.toMs, other.toMs) - Math.min(one.fromMs, other.fromMs)
  const apart = Math.max(Math.abs(one.fromMs - other.fromMs), Math.abs(one.toMs - other.toMs))
  if (apart <= intervalTolerance * length) return undefined
  return {
    spoiled: 'window',
    message: `the two revisions were not measured over the same time: the intervals of their numbers differ by ${apart / 1000} s`,
  }
}

function split(
  candidate: MetricReading,
  stable: MetricReading,
  { share }: JudgeContext,
): Spoiler | undefined {
  const [given, other] = [candidate.assigned, stable.assigned]
  if (share === undefined || given === undefined || other === undefined || given + other === 0)
    return undefined
  const counted = { bad: given, total: given + other }
  const off = splitTolerance * Math.min(share, 1 - share)
  const more = compareProportion(counted, { margin: share + off, detect: share + 3 * off })
  const less = compareProportion(counted, { margin: share - off, detect: share, basis: share - 3 * off })
  if (more.above(share + off) <= believed && less.below(share - off) <= believed) return undefined
  return {
    spoiled: 'split',
    message: `the candidate got ${given} of ${counted.total} requests (${percent(given / counted.total)}), but the split gives it ${percent(share)}; so something else than chance chose, such as a caller that stays with one revision, or a revision that was full or left alone`,
  }
}

function labels(candidate: MetricReading, stable: MetricReading): Spoiler | undefined {
  const [ours, theirs] = [heardOf(candidate), heardOf(stable)]
  if (ours === undefined || theirs === undefined) return undefined
  const share = ours.total / (ours.total + theirs.total)
  const aim = { margin: heardTolerance, detect: 3 * heardTolerance }
  const more = compareProportions(ours, theirs, share, aim).above(heardTolerance)
  const less = compareProportions(theirs, ours, 1 - share, aim).above(heardTolerance)
  if (more <= believed && less <= believed) return undefined
  return {
    spoiled: 'labels',
    message: `${percent(ours.bad / ours.total)} of the candidate's requests have their signal, and ${percent(theirs.bad / theirs.total)} of the stable revision's; signals that come later for one of them make it look different`,
  }
}

function heardOf({
  expected,
  heard,
}: MetricReading): { readonly bad: number; readonly total: number } | undefined {
  return expected === undefined || heard === undefined || expected === 0
    ? undefined
    : { bad: Math.min(heard, expected), total: expected }
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}
