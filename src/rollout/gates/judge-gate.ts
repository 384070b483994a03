import type { Difference, GateResult } from '../../resources/deployment/deployment-status.ts'
import { gateDefaults } from '../../resources/deployment/gate-defaults.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import type { Interval, MetricReading } from '../../telemetry/contract.ts'
import { intervalOf } from './evidence/interval.ts'
import { sampleOf } from './evidence/sample.ts'
import { betterOf, testOptionsOf } from './gate-aim.ts'
import {
  describeNext,
  describeNumbers,
  describeOpenEnd,
  describeShown,
  describeWindow,
  type Numbers,
} from './gate-words.ts'
import type { JudgeContext } from './judge-context.ts'
import { compareRaw } from './judging/compare-raw.ts'
import { doubtByRetried } from './judging/doubt-by-retried.ts'
import { type JudgedSamples, judgeSamples } from './judging/judge-samples.ts'
import type { Judged } from './judging/judged.ts'
import { openEndOf } from './judging/open-end.ts'
import { retriedOf, withoutRetried } from './judging/retried-samples.ts'
import { type MoreSamples, samplesMissing } from './judging/samples-missing.ts'
import { findSpoiler, type Spoiler } from './judging/spoilers.ts'
import { unreadable } from './judging/unreadable.ts'
import { type GateReading, measuredBy, measuredOf } from './reading-value.ts'
import { levelsOfWindow, windowOf } from './window-part.ts'

type Data = Exclude<MetricReading, { kind: 'no-data' }>

/**
 * Judges one gate by the candidate's reading and, when the rule compares, by the stable revision's reading.
 *
 * A gate passes when its numbers show that the rule is met, and fails when they show that it is broken. Both are shown by
 * tests that hold at any moment. In between the gate is undecided. Numbers without samples, and those of gates that ask for
 * it (`compare: raw`), are compared as they stand. Such a verdict is never conclusive.
 */
export function judgeGate(
  gate: AnalysisGate,
  candidate: GateReading,
  stable: GateReading | undefined,
  context: JudgeContext,
): GateResult {
  const compares = 'noWorseThan' in gate.pass
  const compared = compares ? stable : undefined
  const coveredFromMs = Math.max(coveredFrom(candidate), compared === undefined ? 0 : coveredFrom(compared))
  const base = {
    gate: gate.name,
    ...(coveredFromMs > 0 && { coveredFromMs }),
    ...(context.basis !== undefined && { basis: context.basis }),
    ...(context.window !== undefined && { window: context.window }),
    conclusive: false,
  }
  const spoiler = spoilerOf(candidate, compared, context)
  if (spoiler !== undefined) {
    const message = `${gate.name}: ${gate.metric} cannot be judged: ${spoiler.message}`
    return { ...base, ...told(candidate, compared), verdict: 'error', spoiled: spoiler.spoiled, message }
  }
  const open =
    unreadable(gate, 'the candidate', candidate) ??
    (compared && unreadable(gate, 'the stable revision', compared))
  if (open !== undefined) return { ...base, ...open }
  if (compares && compared === undefined) {
    const message = `${gate.name}: there is no stable revision to compare with`
    return { ...base, verdict: 'no-data', message }
  }
  // Whatever is not data is unreadable.
  const [ours, theirs] = [candidate as Data, compared as Data | undefined]
  const numbers: Numbers = {
    candidate: measuredOf(ours),
    ...(theirs !== undefined && { stable: measuredOf(theirs) }),
  }
  return { ...base, ...numbers, ...judgeNumbers(gate, ours, theirs, numbers, context) }
}

/** A revision without samples may lack them because the comparison is spoiled. */
function spoilerOf(
  candidate: GateReading,
  stable: GateReading | undefined,
  context: JudgeContext,
): Spoiler | undefined {
  if (stable === undefined || candidate.kind === 'error' || stable.kind === 'error') return undefined
  return findSpoiler(candidate, stable, context)
}

/** The numbers of both, where there are any. */
function told(candidate: GateReading, stable: GateReading | undefined): Partial<Numbers> {
  const [ours, theirs] = [candidate, stable].map((reading) =>
    reading === undefined || reading.kind === 'error' ? undefined : measuredBy(reading),
  )
  return {
    ...(ours !== undefined && { candidate: ours }),
    ...(theirs !== undefined && { stable: theirs }),
  }
}

function judgeNumbers(
  gate: AnalysisGate,
  ours: Data,
  theirs: Data | undefined,
  numbers: Numbers,
  context: JudgeContext,
): Judged {
  const better = betterOf(gate)
  const candidate = sampleOf(ours, better)
  const stable = theirs && sampleOf(theirs, better)
  const testable =
    gate.compare !== 'raw' && candidate !== undefined && (stable !== undefined || theirs === undefined)
  if (!testable) return compareRaw(gate, numbers, ours, theirs)
  const beta = 1 - (gate.power ?? gateDefaults.power)
  const window = windowOf(context.window, testedInterval(ours, theirs, context))
  const levels = levelsOfWindow({ alpha: context.alpha, beta }, window.number)
  const options = testOptionsOf(gate, candidate, context.basis, context.share)
  const judged = judgeSamples(candidate, stable, options, levels)
  if (judged === undefined) return compareRaw(gate, numbers, ours, theirs)
  const { method } = judged.test
  const { verdict } = judged
  const head = describeNumbers(gate, numbers)
  const difference = differenceOf(gate, judged)
  if (verdict !== 'undecided') {
    const retried = retriedOf(ours, theirs)
    const holds = withoutRetried(verdict, candidate, stable, retried, judged)
    if (holds !== 'holds') {
      return { method, window, ...doubtByRetried(holds, verdict, retried, { head, difference, window }) }
    }
  }
  const more = verdict === 'undecided' ? samplesMissing(candidate, stable, judged) : undefined
  const missing = more && missingOf(numbers, more)
  const isOpen = verdict === 'undecided' && missing === undefined
  const open = isOpen ? describeOpenEnds(ours, theirs) : undefined
  const next = open ?? describeNext(verdict, missing)
  return {
    method,
    window,
    verdict,
    conclusive: verdict !== 'undecided',
    difference,
    ...(next !== undefined && { next }),
    ...(missing !== undefined && { missing }),
    message: `${head}; ${describeShown(gate, verdict, difference)}${describeWindow(window)}`,
  }
}

/** Why no number of samples shows more. */
function describeOpenEnds(ours: Data, theirs: Data | undefined): string | undefined {
  const [candidate, stable] = [openEndOf(ours), theirs && openEndOf(theirs)]
  if (candidate !== undefined) return describeOpenEnd('the candidate', candidate)
  return stable && describeOpenEnd('the stable revision', stable)
}

/** The interval of the numbers that both revisions have. */
function testedInterval(ours: Data, theirs: Data | undefined, { fromMs }: JudgeContext): Interval {
  const toMs = Math.min(ours.covered.toMs, theirs?.covered.toMs ?? Number.POSITIVE_INFINITY)
  return { fromMs: Math.max(fromMs, coveredFrom(ours), theirs === undefined ? 0 : coveredFrom(theirs)), toMs }
}

/** Nothing can be said of a candidate without samples. */
function missingOf(
  { candidate: { samples = 0 } }: Numbers,
  { times, verdict }: MoreSamples,
): GateResult['missing'] {
  return samples === 0 ? undefined : { samples: Math.ceil(samples * (times - 1)), verdict }
}

/** An end of an interval that lies so near the end of what was searched is none, as a part of it. */
const nearEnd = 1e-9

/** In the metric's own unit: the candidate less the stable revision, or less the bound. */
function differenceOf(gate: AnalysisGate, judged: JudgedSamples): Difference {
  const { test, levels, margin } = judged
  const { low, high } = intervalOf(test.comparison, levels, test, judged)
  const from = 'noWorseThan' in gate.pass ? 0 : margin
  const value = test.comparison.difference - from
  const near = nearEnd * (test.most - test.least)
  const hasLow = test.open !== 'everywhere' || low > test.least + near
  const hasHigh = test.open === 'nowhere' || high < test.most - near
  return betterOf(gate) === 'lower'
    ? { value, ...(hasLow && { low: low - from }), ...(hasHigh && { high: high - from }) }
    : { value: 0 - value, ...(hasHigh && { low: from - high }), ...(hasLow && { high: from - low }) }
}

function coveredFrom(reading: GateReading): number {
  return reading.kind === 'error' ? 0 : (reading.covered?.fromMs ?? 0)
}
