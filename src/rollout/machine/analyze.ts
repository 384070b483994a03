import type { DeploymentStatus, GateResult, Rollout } from '../../resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../resources/deployment/model-deployment.ts'
import { durationMs } from '../../resources/duration.ts'
import { enterStep } from './enter-step.ts'
import type { RolloutEvent } from './machine-types.ts'
import { beginRollback } from './rollback.ts'
import { ask, type Context, enter, type Transition } from './transition.ts'

type Analyzing = Extract<Rollout, { phase: 'analyzing' }>

/**
 * Reads the step's gates. A gate that surely fails ends the step early. At the end of the step, all gates
 * must pass. When a gate has neither passed nor failed by then, its `noData` or `onError` decides: hold the
 * rollout, or fail it.
 */
export function analyze(context: Context, status: DeploymentStatus, rollout: Analyzing): Transition {
  const { declared, analysis, now, steps } = context
  const step = steps[rollout.step]
  const names = step?.kind === 'analyze' ? step.gates : []
  const results = analysis.gates
  if (names.length > 0 && results === undefined) {
    return ask(status, {
      kind: 'gates',
      gates: names,
      candidate: rollout.revision,
      ...(status.stable !== undefined && { stable: status.stable }),
      fromMs: rollout.fromMs ?? rollout.sinceMs,
      toMs: Math.min(now, rollout.untilMs),
    })
  }
  const gates = names.map((name) => results?.find(({ gate }) => gate === name) ?? unanswered(name))
  const ended = now >= rollout.untilMs
  const failed = gates.find(({ verdict, conclusive }) => verdict === 'fail' && (ended || conclusive))
  if (failed !== undefined) {
    return beginRollback(context, status, rollout.revision, {
      cause: 'GateFailed',
      message: failed.message,
      gates,
    })
  }
  if (!ended) {
    const pollMs = Math.min(maxPollMs, Math.max(minPollMs, (rollout.untilMs - rollout.sinceMs) / 20))
    return {
      status: { ...status, rollout: { ...rollout, gates } },
      events: [],
      requeueAfterMs: Math.min(pollMs, rollout.untilMs - now),
    }
  }
  const again = measuredAgain(context, rollout, gates)
  if (again !== undefined && again.untilMs <= latestMs(context, rollout)) {
    return {
      status: { ...status, rollout: again },
      events: [],
      requeueAfterMs: Math.max(0, Math.min(maxPollMs, again.untilMs - now)),
    }
  }
  const judged = again === undefined ? gates : gates.map(uncovered)
  const open = judged.filter(({ verdict }) => verdict !== 'pass')
  if (open.length === 0) {
    const transition = enterStep(context, status, rollout.revision, rollout.step + 1)
    const passed: RolloutEvent = {
      action: 'analysis-passed',
      details: { revision: rollout.revision, step: rollout.step, gates: judged },
    }
    return { ...transition, events: [passed, ...transition.events] }
  }
  const message = open.map((gate) => gate.message).join('; ')
  if (open.some((result) => outcomeOf(declared.spec.analysis, result) === 'fail')) {
    return beginRollback(context, status, rollout.revision, {
      cause: 'GateInconclusive',
      message,
      gates: judged,
    })
  }
  return enter(
    status,
    {
      phase: 'holding',
      revision: rollout.revision,
      step: rollout.step,
      sinceMs: now,
      gates: judged,
      message,
    },
    { action: 'rollout-held', details: { revision: rollout.revision, step: rollout.step, message } },
  )
}

/**
 * When the source lost earlier data: the same analysis over an interval that begins where its data begins.
 */
function measuredAgain(
  { steps }: Context,
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
function latestMs({ declared, steps }: Context, { step: place, sinceMs }: Analyzing): number {
  const step = steps[place]
  return sinceMs + durationMs(declared.spec.deadline) + (step?.kind === 'analyze' ? step.forMs : 0)
}

function uncovered(result: GateResult): GateResult {
  const message = `${result.message}, and its source has lost a part of the interval`
  return { ...result, verdict: 'no-data', conclusive: false, message }
}

const minPollMs = 100
const maxPollMs = 10_000

function outcomeOf(gates: readonly AnalysisGate[], { gate: name, verdict }: GateResult): 'pause' | 'fail' {
  const gate = gates.find((each) => each.name === name)
  return (verdict === 'error' ? gate?.onError : gate?.noData) ?? 'pause'
}

function unanswered(gate: string): GateResult {
  return { gate, verdict: 'error', conclusive: false, message: `${gate}: the gate was not read` }
}
