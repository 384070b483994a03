import type { DeploymentStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Split } from '../../../resources/deployment/revision.ts'
import { comingPlacement } from '../placement.ts'
import { candidateOf, mayRise, revisionStatus, splitOf, weightOf, withSplit } from '../status-edits.ts'
import { ask, type BlindContext, enter, stay, type Transition } from '../transition.ts'
import { gatePollMs, judgeAnalysis } from './analyze.ts'
import { standsInSteps } from './enter-step.ts'
import { beginRollback, withoutUnseen } from './rollback.ts'
import { failureOf } from './start-rollout.ts'
import { stepDeadline } from './step-deadline.ts'
import { withWindows } from './used-windows.ts'

/**
 * The half of the machine that only makes things safer: traffic returns to the stable revision, and a rollout
 * is turned back that failed, whose gates fail, or that passed its deadline. It always runs, also without a
 * fresh look at the target and while the registry or a metric source is away. It goes by the last known
 * state. Undefined when no such move is due.
 */
export function makeSafe(context: BlindContext, status: DeploymentStatus): Transition | undefined {
  const { rollout } = status
  if (rollout.phase === 'deleting') return undefined
  const home = bringHome(status)
  if (home !== undefined) return home
  if (rollout.phase === 'stopped') return undefined
  const candidate = candidateOf(rollout) ?? (rollout.phase === 'blocked' ? rollout.revision : undefined)
  // A candidate at another target has no traffic yet, and the move itself judges it.
  if (candidate === undefined || comingPlacement(status) !== undefined || rollout.phase === 'retargeting')
    return undefined
  const known = revisionStatus(status, candidate)
  if (known?.state === 'failed') return beginRollback(context, status, candidate, failureOf(known))
  const deadline = stepDeadline(context, status)
  if (deadline !== undefined && context.now >= deadline.atMs) {
    return beginRollback(context, status, candidate, deadline)
  }
  if (rollout.phase !== 'analyzing' || !standsInSteps(status, context.steps)) return undefined
  const judgement = judgeAnalysis(context, status, rollout)
  if (judgement.kind === 'ask') return ask(status, judgement.need)
  const surely = judgement.kind === 'fail' && judgement.reason.cause === 'GateFailed'
  // An answer that is missing because the candidate is not ready says nothing yet: its deadline decides.
  if (!surely && known?.state !== 'ready') return undefined
  if (judgement.kind === 'fail') return beginRollback(context, status, candidate, judgement.reason)
  if (judgement.kind !== 'hold') return undefined
  const { gates, message } = judgement
  return enter(
    status,
    { phase: 'holding', revision: candidate, step: rollout.step, sinceMs: context.now, gates, message },
    { action: 'rollout-held', details: { revision: candidate, step: rollout.step, message, gates } },
  )
}

/** Stays without a fresh look, until the next moment at which a safety move may be due. */
export function stayBlind(context: BlindContext, status: DeploymentStatus): Transition {
  const deadline = stepDeadline(context, status)
  const { rollout } = status
  const { requeueAfterMs, ...rest } = stay(
    withWindows(status, context.analysis.gates),
    context,
    deadline?.atMs,
  )
  if (rollout.phase !== 'analyzing') return { ...rest, requeueAfterMs }
  return { ...rest, requeueAfterMs: Math.min(gatePollMs(rollout), requeueAfterMs ?? Number.MAX_SAFE_INTEGER) }
}

/**
 * Gives traffic back to the stable revision: the traffic of a revision that is neither stable nor the
 * candidate. While the stable revision is not ready, the split stays, and `StableUnhealthy` says so.
 */
function bringHome(status: DeploymentStatus): Transition | undefined {
  const { stable } = status
  const split = splitOf(status)
  if (stable === undefined || !mayRise(status, stable)) return undefined
  const candidate = candidateOf(status.rollout)
  const strays = split.some(({ revision }) => revision !== stable && revision !== candidate)
  if (!strays) return undefined
  const kept = candidate === stable ? 0 : weightOf(split, candidate)
  const next: Split = [
    { revision: stable, weight: 100 - kept },
    ...(candidate !== undefined && kept > 0 ? [{ revision: candidate, weight: kept }] : []),
  ]
  const returned = withSplit(status, next)
  return {
    // Without a candidate, a revision that is to be removed must not be created first.
    status: candidate === undefined ? withoutUnseen(returned) : returned,
    events: [{ action: 'split-changed', details: { split: next, previous: split } }],
    requeueAfterMs: 0,
  }
}
