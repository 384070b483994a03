import type {
  DeploymentStatus,
  GateResult,
  Rollout,
} from '../../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import { durationMs } from '../../../resources/duration.ts'
import type { Declared, Need } from '../machine-types.ts'
import type { BlindContext } from '../transition.ts'
import type { RollbackReason } from './rollback.ts'

export type Analyzing = Extract<Rollout, { phase: 'analyzing' }>

/** What the gates of a step say now. */
export type StepVerdict =
  /** The gates must be read first. */
  | { readonly kind: 'ask'; readonly need: Need }
  | { readonly kind: 'fail'; readonly reason: RollbackReason }
  /** It is too early to say. */
  | { readonly kind: 'open'; readonly rollout: Analyzing; readonly againAfterMs: number }
  | { readonly kind: 'pass'; readonly gates: readonly GateResult[] }
  /** The step ended without an answer, and a person has to decide. */
  | { readonly kind: 'hold'; readonly gates: readonly GateResult[]; readonly message: string }

/**
 * Judges the step's gates. A gate that surely fails ends the step early. At the end of the step, when the
 * numbers for all of it have arrived, all gates must pass. When a gate has neither passed nor failed by then, its `noData` or `onError` decides: hold the
 * rollout, or fail it. While a person paused the rollout, only a gate that surely fails counts.
 */
export function judgeAnalysis(
  context: BlindContext,
  status: DeploymentStatus,
  rollout: Analyzing,
): StepVerdict {
  const { declared, analysis, now, steps } = context
  const step = steps[rollout.step]
  const names = step?.kind === 'analyze' ? step.gates : []
  const results = analysis.gates
  const lateMs = latenessMs(names, declared.delaysMs)
  // The numbers for the end of the step come later than the end. Before they are there, they prove nothing.
  const judgedMs = rollout.untilMs + lateMs
  const ended = now >= judgedMs && status.paused === undefined
  if (names.length > 0 && results === undefined) {
    return {
      kind: 'ask',
      need: {
        kind: 'gates',
        gates: names.map((gate) => ({
          gate,
          toMs: Math.min(now - latenessMs([gate], declared.delaysMs), rollout.untilMs),
        })),
        candidate: rollout.revision,
        ...(status.stable !== undefined && { stable: status.stable }),
        fromMs: rollout.fromMs ?? rollout.sinceMs,
        ...(ended && { atEnd: true }),
      },
    }
  }
  const gates = names.map((name) => results?.find(({ gate }) => gate === name) ?? unanswered(name))
  const failed = gates.find(({ verdict, conclusive }) => verdict === 'fail' && (ended || conclusive))
  if (failed !== undefined) {
    return { kind: 'fail', reason: { cause: 'GateFailed', message: failed.message, gates } }
  }
  if (!ended) {
    const leftMs = judgedMs > now ? judgedMs - now : maxPollMs
    return {
      kind: 'open',
      rollout: { ...rollout, gates },
      againAfterMs: Math.min(gatePollMs(rollout), leftMs),
    }
  }
  const again = measuredAgain(context, rollout, gates)
  if (again !== undefined && again.untilMs <= latestMs(context, rollout)) {
    const againAfterMs = Math.max(0, Math.min(maxPollMs, again.untilMs + lateMs - now))
    return { kind: 'open', rollout: again, againAfterMs }
  }
  const judged = again === undefined ? gates : gates.map(uncovered)
  const open = judged.filter(({ verdict }) => verdict !== 'pass')
  if (open.length === 0) return { kind: 'pass', gates: judged }
  const message = open.map((gate) => gate.message).join('; ')
  return open.some((result) => outcomeOf(declared.spec.analysis, result) === 'fail')
    ? { kind: 'fail', reason: { cause: 'GateInconclusive', message, gates: judged } }
    : { kind: 'hold', gates: judged, message }
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
  { steps }: BlindContext,
  rollout: Analyzing,
  gates: readonly GateResult[],
): Analyzing | undefined {
  const step = steps[rollout.step]
  const coveredFromMs = Math.max(0, ...gates.map((gate) => gate.coveredFromMs ?? 0))
  if (step?.kind !== 'analyze' || coveredFromMs <= (rollout.fromMs ?? rollout.sinceMs)) return undefined
  return { ...rollout, fromMs: coveredFromMs, untilMs: coveredFromMs + step.forMs, gates }
}

/**
 * The latest end of an analysis that was begun again. A source that never keeps enough data must not delay
 * the step for ever.
 */
function latestMs({ declared, steps }: BlindContext, { step: place, sinceMs }: Analyzing): number {
  const step = steps[place]
  return sinceMs + durationMs(declared.spec.deadline) + (step?.kind === 'analyze' ? step.forMs : 0)
}

function uncovered(result: GateResult): GateResult {
  const message = `${result.message}, and its source has lost a part of the interval`
  return { ...result, verdict: 'no-data', conclusive: false, message }
}

function outcomeOf(gates: readonly AnalysisGate[], { gate: name, verdict }: GateResult): 'pause' | 'fail' {
  const gate = gates.find((each) => each.name === name)
  return (verdict === 'error' ? gate?.onError : gate?.noData) ?? 'pause'
}

function unanswered(gate: string): GateResult {
  return { gate, verdict: 'error', conclusive: false, message: `${gate}: the gate was not read` }
}
