import { ModelspineError } from '../../errors.ts'
import type { DeploymentStatus, Phase } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { Actor } from '../../resources/metadata.ts'
import { abortRollout } from './commands/abort.ts'
import type { Command } from './commands/command.ts'
import { giveUp, targetsOf } from './commands/give-up.ts'
import { refuseMoved } from './commands/spoken.ts'
import type { RolloutEvent } from './machine-types.ts'
import { enterStep, standsInSteps } from './moves/enter-step.ts'
import { afterWindows } from './moves/used-windows.ts'
import { candidateOf, isReady, servingRevisions, splitOf, withServingRevisions } from './status-edits.ts'
import { stepsOf } from './strategy-steps.ts'

export type { Command }

export interface Commanded {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
}

/**
 * The status after a command. Throws `conflict` when the rollout does not stand where the command says.
 * Throws `wrong-phase` when the command makes no sense in the current phase. The error names the phase and
 * says when the command makes sense.
 */
export function command(
  status: DeploymentStatus,
  spec: ModelDeploymentSpec,
  asked: Command,
  actor: Actor,
  now: number,
): Commanded {
  refuseMoved(status, asked)
  switch (asked.kind) {
    case 'approve':
      return approve(status, asked, actor, now)
    case 'promote':
      return promote(status, spec, asked.full === true, actor, now)
    case 'pause':
      if (status.paused !== undefined) return { status, events: [] }
      return {
        status: { ...status, paused: { actor, atMs: now } },
        events: [{ action: 'rollout-paused', details: {}, actor }],
      }
    case 'resume':
      return resume(status, spec, actor, now)
    case 'abort':
      return abort(status, asked.reason, actor, now)
    case 'retry':
      return retry(status, actor, now)
    case 'take-over':
      return takeOver(status, actor, now)
    case 'give-up':
      if (asked.configured) {
        const why = `this plane has target "${asked.target}", so the loop removes there what is not wanted`
        throw wrongPhase(status, 'give-up', why)
      }
      if (!targetsOf(status).includes(asked.target)) {
        throw wrongPhase(status, 'give-up', `the deployment has nothing at target "${asked.target}"`)
      }
      return giveUp(status, asked.target, actor, now)
  }
}

const keptApprovals = 100

function approve(
  status: DeploymentStatus,
  asked: Extract<Command, { kind: 'approve' }>,
  actor: Actor,
  now: number,
): Commanded {
  const revision = asked.revision ?? status.desired
  if (revision === undefined) throw wrongPhase(status, 'approve', 'no revision is known yet; name one')
  const overrideSoft = asked.overrideSoft ?? false
  const approvals = [...status.approvals, { revision, overrideSoft, actor, atMs: now }].slice(-keptApprovals)
  return {
    status: { ...status, approvals },
    events: [{ action: 'revision-approved', details: { revision, overrideSoft }, actor }],
  }
}

function promote(
  status: DeploymentStatus,
  spec: ModelDeploymentSpec,
  full: boolean,
  actor: Actor,
  now: number,
): Commanded {
  const { rollout } = status
  if (rollout.phase !== 'pausing' && rollout.phase !== 'analyzing' && rollout.phase !== 'holding') {
    throw wrongPhase(status, 'promote', 'promote ends a pause, an analysis or a hold')
  }
  const steps = stepsOf(spec)
  if (!standsInSteps(status, steps)) {
    throw wrongPhase(
      status,
      'promote',
      'other steps were declared, so it is about to begin again at the first step',
    )
  }
  const { revision, step: from } = rollout
  const to = full ? steps.length : from + 1
  const skipped = steps.slice(from, to).flatMap((step) => (step.kind === 'analyze' ? step.gates : []))
  const promoted: RolloutEvent = {
    action: 'rollout-promoted',
    details: { revision, from, to, ...(full && { full }), skipped },
    actor,
  }
  if (full) {
    // A step behind the last one, so that the rollout is complete when all traffic is there.
    const shifting = { phase: 'shifting', revision, step: to, weight: 100, sinceMs: now } as const
    return { status: { ...status, rollout: shifting }, events: [promoted] }
  }
  const transition = enterStep({ steps, now, declared: { spec } }, status, revision, to)
  return { status: transition.status, events: [promoted, ...transition.events] }
}

function resume(status: DeploymentStatus, spec: ModelDeploymentSpec, actor: Actor, now: number): Commanded {
  const { paused: _, ...unpaused } = status
  const { rollout } = status
  const event: RolloutEvent = { action: 'rollout-resumed', details: {}, actor }
  // An analysis that gave no answer is entered again with a new window. So is a paused analysis whose
  // candidate is not ready.
  const unmeasured = rollout.phase === 'analyzing' && !isReady(status, rollout.revision)
  if (rollout.phase === 'holding' || (unmeasured && status.paused !== undefined)) {
    const steps = stepsOf(spec)
    const step = standsInSteps(status, steps) ? rollout.step : 0
    const { status: next, events } = enterStep(
      { steps, now, declared: { spec } },
      unpaused,
      rollout.revision,
      step,
    )
    const again = standsInSteps(status, steps) ? afterWindows(next.rollout, status) : next.rollout
    return { status: { ...next, rollout: again }, events: [event, ...events] }
  }
  if (status.paused === undefined)
    throw wrongPhase(status, 'resume', 'it is neither paused nor held by an analysis')
  // Time during which a person paused the rollout does not count against its deadlines.
  const fresh = rollout.phase in resumedAfresh ? { ...rollout, sinceMs: now } : rollout
  return { status: { ...unpaused, rollout: fresh }, events: [event] }
}

const resumedAfresh: { readonly [phase in Phase]?: true } = {
  starting: true,
  shifting: true,
  pausing: true,
  blocked: true,
}

function abort(status: DeploymentStatus, reason: string | undefined, actor: Actor, now: number): Commanded {
  const { rollout } = status
  const candidate = candidateOf(rollout) ?? (rollout.phase === 'blocked' ? rollout.revision : undefined)
  if (candidate === undefined) throw wrongPhase(status, 'abort', 'no rollout is under way')
  const { status: next, events } = abortRollout(
    status,
    { candidate, message: reason ?? `aborted by ${actor.name}`, actor },
    now,
  )
  return { status: next, events }
}

function retry(status: DeploymentStatus, actor: Actor, now: number): Commanded {
  const { rollout } = status
  if (rollout.phase !== 'failed' && rollout.phase !== 'rolling-back' && rollout.phase !== 'stopped') {
    throw wrongPhase(status, 'retry', 'retry needs a rollout that failed, stopped or is rolling back')
  }
  const { revision } = rollout
  const aborted = status.aborted.filter((each) => each.revision !== revision)
  // A candidate may have had traffic when the loop stopped. This traffic first returns to the stable
  // revision.
  const withTraffic = splitOf(status).find((each) => each.revision !== status.stable)?.revision
  const candidate = rollout.phase === 'rolling-back' ? revision : withTraffic
  const message = `retried by ${actor.name}`
  const revisions = servingRevisions(status).map((each) =>
    each.state === 'requested' ? { ...each, sinceMs: now } : each,
  )
  return {
    status: {
      ...withServingRevisions(status, revisions),
      aborted,
      rollout:
        candidate === undefined
          ? { phase: 'pending', sinceMs: now }
          : { phase: 'rolling-back', revision: candidate, sinceMs: now, cause: 'Superseded', message },
    },
    events: [{ action: 'rollout-retried', details: { revision }, actor }],
  }
}

function takeOver(status: DeploymentStatus, actor: Actor, now: number): Commanded {
  if (status.takeOver !== undefined) return { status, events: [] }
  return {
    status: { ...status, takeOver: { actor, atMs: now } },
    events: [{ action: 'deployment-taken-over', details: { targets: targetsOf(status) }, actor }],
  }
}

function wrongPhase({ rollout, paused }: DeploymentStatus, asked: string, why: string): ModelspineError {
  const phase = paused === undefined ? rollout.phase : `${rollout.phase}, paused`
  return new ModelspineError('wrong-phase', `cannot ${asked} while the rollout is ${phase}: ${why}`, {
    details: { phase: rollout.phase, asked },
  })
}
