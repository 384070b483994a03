import type {
  Analyzing,
  DeploymentStatus,
  GateResult,
} from '../../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../../resources/duration.ts'
import type { Declared, Need } from '../machine-types.ts'
import type { BlindContext } from '../transition.ts'
import { countsAsPass, describeOpen, endOf, passed } from './gate-ends.ts'
import { gatesNeed } from './gates-need.ts'
import type { RollbackReason } from './rollback.ts'
import { extendedUntilMs, isOverdue, mayExtend } from './window.ts'

/** What the gates of a step say now. */
export type StepVerdict =
  /** The gates must be read first. */
  | { readonly kind: 'ask'; readonly need: Need }
  | { readonly kind: 'fail'; readonly reason: RollbackReason }
  /** It is too early to say. */
  | { readonly kind: 'open'; readonly rollout: Analyzing; readonly againAfterMs: number }
  /** The step ended undecided and goes on. */
  | {
      readonly kind: 'extend'
      readonly rollout: Analyzing
      readonly againAfterMs: number
      readonly message: string
    }
  | { readonly kind: 'pass'; readonly gates: readonly GateResult[] }
  /** The step ended without an answer, and a person has to decide. */
  | { readonly kind: 'hold'; readonly gates: readonly GateResult[]; readonly message: string }

/**
 * Judges the step's gates. A gate that surely fails ends the step early. At the end of the step, when the
 * numbers for all of it have arrived, all gates must pass. When a gate has neither passed nor failed by then, its
 * `undecided`, `noData` or `onError` decides. A step that is extended ends as soon as all gates pass. While a person
 * paused the rollout, only a gate that surely fails counts.
 */
export function judgeAnalysis(
  context: BlindContext,
  status: DeploymentStatus,
  rollout: Analyzing,
): StepVerdict {
  const { declared, analysis, now, steps } = context
  const { analysis: known } = declared.spec
  const step = steps[rollout.step]
  const names = step?.kind === 'analyze' ? step.gates : []
  const results = analysis.gates
  const lateMs = latenessMs(names, declared.delaysMs)
  // The numbers for the end of the step come later than the end. Before they are there, they prove nothing.
  const judgedMs = rollout.untilMs + lateMs
  const isPaused = status.paused !== undefined
  const atEnd = now >= judgedMs && !isPaused
  if (names.length > 0 && results === undefined) {
    return { kind: 'ask', need: gatesNeed(context, status, rollout, atEnd) }
  }
  const gates = names.map((name) => results?.find(({ gate }) => gate === name) ?? unanswered(name))
  const isOver = gates.some((result) => isOverdue(context, rollout, result, now - lateMs))
  const ended = atEnd || (isOver && !isPaused)
  const failed = gates.find(({ verdict, conclusive }) => verdict === 'fail' && (ended || conclusive))
  if (failed !== undefined) {
    return { kind: 'fail', reason: { cause: 'GateFailed', message: failed.message, gates } }
  }
  const again = measuredAgain(context, rollout, gates)
  if (!ended) {
    const isShown = gates.every((result) => countsAsPass(known, result))
    if (rollout.extended === true && !isPaused && again === undefined && isShown) {
      return { kind: 'pass', gates: gates.map(passed) }
    }
    const leftMs = judgedMs > now ? judgedMs - now : maxPollMs
    return {
      kind: 'open',
      rollout: { ...rollout, gates },
      againAfterMs: Math.min(gatePollMs(rollout), leftMs),
    }
  }
  if (again !== undefined && again.untilMs <= latestMs(context, rollout)) {
    const againAfterMs = Math.max(0, Math.min(maxPollMs, again.untilMs + lateMs - now))
    return { kind: 'open', rollout: again, againAfterMs }
  }
  const judged = again === undefined ? gates : gates.map(uncovered)
  const ends = judged.map((result) => endOf(known, result, mayExtend(context, rollout, result)))
  const message = describeOpen(judged)
  if (ends.includes('fail')) {
    return { kind: 'fail', reason: { cause: 'GateInconclusive', message, gates: judged } }
  }
  if (ends.includes('pause')) return { kind: 'hold', gates: judged, message }
  const untilMs = extendedUntilMs(context, rollout, judged)
  if (untilMs === undefined) return { kind: 'pass', gates: judged.map(passed) }
  const next: Analyzing = { ...rollout, extended: true, untilMs, gates: judged }
  return { kind: 'extend', rollout: next, againAfterMs: gatePollMs(next), message }
}

/** How late the last numbers of these gates are, in milliseconds. Their step is judged so long after its end. */
export function latenessMs(gates: readonly string[], delaysMs: Declared['delaysMs'] = {}): number {
  return Math.max(0, ...gates.map((gate) => delaysMs[gate] ?? 0))
}

/** How often the gates of a step are read: 20 times in its window, within bounds. */
export function gatePollMs({ sinceMs, untilMs }: Analyzing): number {
  return Math.min(maxPollMs, Math.max(minPollMs, (untilMs - sinceMs) / 20))
}

const minPollMs = 100
const maxPollMs = 10_000

/**
 * When the source lost earlier data: the same analysis over an interval that begins where its data begins.
 */
function measuredAgain(
  context: BlindContext,
  rollout: Analyzing,
  gates: readonly GateResult[],
): Analyzing | undefined {
  const coveredFromMs = Math.max(0, ...gates.map((gate) => gate.coveredFromMs ?? 0))
  if (coveredFromMs <= (rollout.fromMs ?? rollout.sinceMs)) return undefined
  const windowMs = windowMsOf(context, rollout)
  if (windowMs === undefined) return undefined
  return { ...rollout, fromMs: coveredFromMs, untilMs: coveredFromMs + windowMs, gates }
}

/** How long the step measures: for its own time, or for the time to which it was extended. */
function windowMsOf({ steps }: BlindContext, rollout: Analyzing): number | undefined {
  const step = steps[rollout.step]
  if (step?.kind !== 'analyze') return undefined
  return rollout.extended === true ? rollout.untilMs - (rollout.fromMs ?? rollout.sinceMs) : step.forMs
}

/**
 * The latest end of an analysis that was begun again. A source that never keeps enough data must not delay
 * the step for ever.
 */
function latestMs(context: BlindContext, rollout: Analyzing): number {
  const { deadline } = context.declared.spec
  return rollout.sinceMs + durationMs(deadline) + (windowMsOf(context, rollout) ?? 0)
}

function uncovered(result: GateResult): GateResult {
  const message = `${result.message}, and its source has lost a part of the interval`
  return { ...result, verdict: 'no-data', conclusive: false, message }
}

function unanswered(gate: string): GateResult {
  return { gate, verdict: 'error', conclusive: false, message: `${gate}: the gate was not read` }
}
