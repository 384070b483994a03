import { ModelspineError } from '../../../errors.ts'
import type { DeploymentStatus, Phase, Rollout } from '../../../resources/deployment/deployment-status.ts'
import { candidateOf } from '../status-edits.ts'
import type { Command } from './command.ts'

/** Where the rollout stood when the person gave the command, as far as the command names it. */
interface Spoken {
  readonly revision?: string
  readonly step?: number
  readonly phase?: Phase
}

/**
 * The command together with what the person saw: the revision, and for a promotion also the step and the
 * phase. What the person named stays as it is. So the command can be tried again on a later status and never
 * means another revision or another step.
 */
export function asSeen(status: DeploymentStatus, asked: Command): Command {
  const revision = revisionOf(status, asked)
  if (revision === undefined) return asked
  switch (asked.kind) {
    case 'approve':
    case 'abort':
    case 'retry':
      return { ...asked, revision: asked.revision ?? revision }
    case 'promote': {
      const { rollout } = status
      const step = asked.step ?? ('step' in rollout ? rollout.step : undefined)
      return {
        ...asked,
        revision: asked.revision ?? revision,
        ...(step !== undefined && { step }),
        phase: rollout.phase,
      }
    }
    default:
      return asked
  }
}

/** Throws `conflict` when the rollout does not stand where the command says. */
export function refuseMoved(status: DeploymentStatus, asked: Command): void {
  const { revision, step, phase } = asked as Spoken
  const { rollout } = status
  const current = revisionOf(status, asked)
  const here: Spoken = {
    ...(current !== undefined && { revision: current }),
    ...('step' in rollout && { step: rollout.step }),
    phase: rollout.phase,
  }
  const moved =
    (revision !== undefined &&
      revision !== current &&
      !(asked.kind === 'approve' && current === undefined)) ||
    (step !== undefined && step !== here.step) ||
    (phase !== undefined && phase !== rollout.phase)
  if (!moved) return
  const spoken = [
    ...(revision === undefined ? [] : [`revision ${revision}`]),
    ...(step === undefined ? [] : [`steps[${step}]`]),
  ].join(' at ')
  throw new ModelspineError(
    'conflict',
    `${asked.kind} speaks of ${spoken}${phase === undefined ? '' : ` (${phase})`}, but the rollout is now ${placeOf(rollout, current)}: look at it again and decide again`,
    { details: { ...here } },
  )
}

/** The revision that a command without a name means now. */
function revisionOf({ rollout, desired }: DeploymentStatus, { kind }: Command): string | undefined {
  switch (kind) {
    case 'approve':
      return desired
    case 'abort':
      return candidateOf(rollout) ?? (rollout.phase === 'blocked' ? rollout.revision : undefined)
    case 'promote':
    case 'retry':
      return 'revision' in rollout ? rollout.revision : undefined
    default:
      return undefined
  }
}

function placeOf(rollout: Rollout, revision: string | undefined): string {
  const of = revision === undefined ? '' : ` revision ${revision}`
  return `${rollout.phase}${of}${'step' in rollout ? ` at steps[${rollout.step}]` : ''}`
}
