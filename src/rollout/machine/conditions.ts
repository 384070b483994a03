import {
  type Condition,
  type ConditionType,
  conditionOf,
  withCondition,
  withoutCondition,
} from '../../resources/deployment/condition.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../resources/duration.ts'
import { scaleIsUnconfirmed } from './effects/want.ts'
import { describeAnalysis } from './gate-words.ts'
import type { Analysis } from './machine-types.ts'
import { hindersDeletion } from './moves/deletion.ts'
import { isElsewhere, leavingPlacements, servingPlacement } from './placement.ts'
import { isReady, revisionStatus } from './status-edits.ts'
import type { BlindContext, Context } from './transition.ts'

interface Fact {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

/**
 * Sets `Ready`, `Progressing`, `PolicyDenied`, `StableUnhealthy`, `RemovalOverdue` and `AliasSet`. Other code sets
 * `ModelResolved` and `Degraded`.
 */
export function conditionsOf(
  blind: BlindContext,
  context: Context | undefined,
  status: DeploymentStatus,
): readonly Condition[] {
  const { declared, analysis, now } = blind
  const set = (
    conditions: readonly Condition[],
    type: ConditionType,
    fact: Fact | undefined,
  ): readonly Condition[] =>
    fact === undefined
      ? withoutCondition(conditions, type)
      : withCondition(conditions, { type, ...fact, observedGeneration: declared.generation }, now)
  const elsewhere = isElsewhere(declared, status)
  let conditions = status.conditions
  const isDeclared = !elsewhere && declared.desired?.name === status.stable
  const unconfirmed = context !== undefined && scaleIsUnconfirmed(context)
  // Whether the target confirms the scale is not known without a look.
  if (context !== undefined || !isDeclared || !isReady(status, status.stable)) {
    conditions = set(conditions, 'Ready', ready(status, isDeclared, unconfirmed))
  }
  const hindrance = hindersDeletion(declared, status)
  conditions = set(conditions, 'Progressing', progressing(status, { elsewhere, isDeclared }, hindrance))
  conditions = set(conditions, 'RemovalOverdue', overdue(blind, status))
  conditions = set(conditions, 'AliasSet', aliasFact(status))
  conditions = set(conditions, 'PolicyDenied', denied(status))
  conditions = set(conditions, 'StableUnhealthy', unhealthy(status) ?? failing(analysis, status))
  return conditions
}

function ready(status: DeploymentStatus, isDeclared: boolean, unconfirmed: boolean): Fact {
  const { rollout, stable } = status
  const done = isDeclared && (rollout.phase === 'converged' || rollout.phase === 'retiring')
  if (done && isReady(status, stable)) {
    const scale = unconfirmed ? '; the target does not tell the scale in force' : ''
    return { status: 'True', reason: 'Serving', message: `revision ${stable} takes all traffic${scale}` }
  }
  if (done) return { status: 'False', reason: 'RevisionNotReady', message: `revision ${stable} is not ready` }
  const serves = stable === undefined ? 'no revision serves yet' : `revision ${stable} serves`
  return {
    status: 'False',
    reason: 'NotRolledOut',
    message: `the declared revision is not rolled out; ${serves}`,
  }
}

function progressing(
  status: DeploymentStatus,
  { elsewhere, isDeclared }: { readonly elsewhere: boolean; readonly isDeclared: boolean },
  hindersDeletion: string | undefined,
): Fact {
  const { rollout, paused, stable } = status
  const yes = (reason: string, message: string): Fact => ({ status: 'True', reason, message })
  const no = (reason: string, message: string): Fact => ({ status: 'False', reason, message })
  if (hindersDeletion !== undefined) return no('DeletionHindered', hindersDeletion)
  if (paused !== undefined && (rollout.phase !== 'converged' || elsewhere))
    return no('Paused', `paused by ${paused.actor.name}`)
  switch (rollout.phase) {
    case 'pending':
      return yes('Pending', 'a rollout is about to begin')
    case 'blocked':
      return no(rollout.reason, rollout.message)
    case 'starting':
      return yes('Starting', `waits for revision ${rollout.revision} to be ready`)
    case 'shifting':
      return yes('Shifting', `gives revision ${rollout.revision} ${rollout.weight} % of traffic`)
    case 'pausing':
      return rollout.untilMs === undefined
        ? no('AwaitingPromotion', `step ${rollout.step + 1} waits for promote`)
        : yes('Pausing', `step ${rollout.step + 1} waits`)
    case 'analyzing':
      return yes('Analyzing', describeAnalysis(rollout))
    case 'holding':
      return no('AnalysisInconclusive', rollout.message)
    case 'retiring':
      return yes('Retiring', `removes the revisions that revision ${rollout.revision} replaced`)
    case 'rolling-back':
      return yes('RollingBack', rollout.message)
    case 'failed':
      return no(rollout.cause, rollout.message)
    case 'converged':
      return isDeclared
        ? no('Converged', 'the declared revision serves all traffic')
        : no(
            'NotBegun',
            `revision ${stable} serves all traffic; the rollout to what is declared has not begun`,
          )
    case 'stopped':
      return no('OutcomeUnknown', rollout.message)
    case 'retargeting':
      return yes('Retargeting', `makes revision ${rollout.revision} ready at target ${rollout.target}`)
    case 'deleting':
      return yes('Deleting', 'removes everything from the target')
  }
}

/** What was to be removed longer than `deadline` ago and is still there. */
function overdue({ declared, now }: BlindContext, status: DeploymentStatus): Fact | undefined {
  const deadlineMs = durationMs(declared.spec.deadline)
  const revisions = (servingPlacement(status)?.requested ?? [])
    .filter(({ change, acceptedMs = now }) => change.startsWith('retire:') && now >= acceptedMs + deadlineMs)
    .map(({ change }) => `revision ${change.slice('retire:'.length)}`)
  const targets = leavingPlacements(status)
    .filter(({ sinceMs }) => now >= sinceMs + deadlineMs)
    .map(({ target }) => `everything at target ${target}`)
  const { rollout } = status
  const whole = rollout.phase === 'deleting' && now >= rollout.sinceMs + deadlineMs ? ['everything'] : []
  const all = [...revisions, ...targets, ...whole]
  if (all.length === 0) return undefined
  const message = `the removal of ${all.join(' and ')} has not ended within ${declared.spec.deadline}`
  return { status: 'True', reason: 'StillThere', message }
}

/** The status with the condition `AliasSet` that its alias has now, for an answer that comes between two looks. */
export function withAliasFact(status: DeploymentStatus, nowMs: number): DeploymentStatus {
  const fact = aliasFact(status)
  const before = conditionOf(status.conditions, 'AliasSet')
  if (fact === undefined || before === undefined) return status
  const { observedGeneration } = before
  const next = { type: 'AliasSet', ...fact, observedGeneration } as const
  return { ...status, conditions: withCondition(status.conditions, next, nowMs) }
}

function aliasFact({ alias }: DeploymentStatus): Fact | undefined {
  if (alias === undefined) return undefined
  const { registry, model, version, failed, setMs, movedMs } = alias
  const what = `alias ${alias.alias} of ${registry}/${model}`
  if (setMs !== undefined)
    return { status: 'True', reason: 'Set', message: `${what} was pointed to ${version}` }
  if (movedMs !== undefined) {
    const message = `${what} was moved by somebody else before it was known whether it pointed to ${version}`
    return { status: 'Unknown', reason: 'Moved', message }
  }
  if (failed === undefined) {
    return { status: 'False', reason: 'Waiting', message: `${what} is about to point to ${version}` }
  }
  const message = `${what} could not be pointed to ${version}, and is tried again: ${failed.message}`
  return { status: 'False', reason: failed.reason, message }
}

function denied({ rollout }: DeploymentStatus): Fact | undefined {
  return rollout.phase === 'blocked'
    ? { status: 'True', reason: rollout.reason, message: rollout.message }
    : undefined
}

function unhealthy(status: DeploymentStatus): Fact | undefined {
  const { stable } = status
  if (stable === undefined || isReady(status, stable) || status.traffic.length === 0) return undefined
  const known = revisionStatus(status, stable)
  const why = [known?.reason, known?.message].filter(Boolean).join(': ')
  return {
    status: 'True',
    reason: known?.reason ?? 'NotReady',
    message: `stable revision ${stable} is ${known?.state ?? 'gone'}${why === '' ? '' : ` (${why})`}; the split stays`,
  }
}

/** Fewer failed requests could be a coincidence. */
const fewestRequests = 10

/**
 * A target may call a revision ready although the revision answers no request. Once set, the condition stays
 * until a request succeeds or until no more requests are made. The message has no numbers, because each new
 * number would cause a write.
 */
function failing({ serving }: Analysis, status: DeploymentStatus): Fact | undefined {
  if (serving === undefined || serving.revision !== status.stable) return undefined
  if (serving.total === 0 || serving.failed < serving.total) return undefined
  const message = `the target calls stable revision ${status.stable} ready, but it fails every request; look at its server`
  const before = conditionOf(status.conditions, 'StableUnhealthy')
  if (serving.total < fewestRequests && before?.message !== message) return undefined
  return { status: 'True', reason: 'RequestsFailing', message }
}
