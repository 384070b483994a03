import type {
  DeploymentStatus,
  GateResult,
  RollbackCause,
  Rollout,
} from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import type { Actor } from '../../../resources/metadata.ts'
import { splitIsObserved } from '../effects/want.ts'
import { isElsewhere } from '../placement.ts'
import { servingRevisions, splitOf, weightOf, withServingRevisions } from '../status-edits.ts'
import { type Context, enter, routersKnowAtMs, stay, type Transition } from '../transition.ts'
import { beginRollout, hasRoom } from './begin-rollout.ts'

type RollingBack = Extract<Rollout, { phase: 'rolling-back' }>

/** The loop itself, as an actor. */
export const loopActor: Actor = { name: 'modelspine' }

const keptAborts = 100

export interface RollbackReason {
  readonly cause: RollbackCause
  readonly message: string
  readonly gates?: readonly GateResult[]
  readonly actor?: Actor
}

/**
 * Turns a rollout back. The revision is not tried again until a person asks for a retry, unless another
 * revision superseded it.
 */
export function beginRollback(
  context: Pick<Context, 'now'>,
  status: DeploymentStatus,
  revision: string,
  { cause, message, gates, actor }: RollbackReason,
): Transition {
  const aborted =
    cause === 'Superseded'
      ? status.aborted
      : [
          ...status.aborted.filter((each) => each.revision !== revision),
          { revision, cause, message, atMs: context.now, actor: actor ?? loopActor },
        ].slice(-keptAborts)
  const rollout: RollingBack = {
    phase: 'rolling-back',
    revision,
    sinceMs: context.now,
    cause,
    message,
    ...(gates !== undefined && { gates }),
  }
  return enter(withoutUnseen({ ...status, aborted }), rollout, {
    action:
      cause === 'Superseded'
        ? 'rollout-superseded'
        : cause === 'Aborted'
          ? 'rollout-aborted'
          : 'rollout-failed',
    details: { revision, cause, message, ...(gates !== undefined && { gates }) },
    ...(actor !== undefined && { actor }),
  })
}

/**
 * Removes the revision after its traffic went back, which `makeSafe` sees to. When the stable revision cannot
 * take the traffic, another revision may begin meanwhile: a dead stable revision never blocks its cure.
 */
export function rollBack(context: Context, status: DeploymentStatus, rollout: RollingBack): Transition {
  const { stable } = status
  const { revision } = rollout
  const cure = cureOf(context, status)
  if (stable !== undefined && weightOf(splitOf(status), stable) < 100) {
    return cure === undefined ? stay(status, context) : beginRollout(context, status, cure)
  }
  const revisions = servingRevisions(status)
  const kept = revisions.filter((each) => each.revision === stable)
  if (kept.length !== revisions.length) {
    const atMs = routersKnowAtMs(context, status)
    const inForce = splitIsObserved(context, splitOf(status)) && context.now >= atMs
    const next = inForce ? withServingRevisions(status, kept) : withoutUnseen(status)
    if (next !== status) return { status: next, events: [], requeueAfterMs: 0 }
    return stay(status, context, context.now < atMs ? atMs : undefined)
  }
  const isShown = revision !== stable && context.observed.revisions.some((each) => each.revision === revision)
  // A removal that does not end must not keep another revision from its beginning while there is room for it.
  const waits = isShown && (cure === undefined || cure.name === revision || !hasRoom(context, status, cure))
  return waits ? stay(status, context) : rolledBack(context, status, rollout)
}

/** The revision that may begin although a rollback is not finished. */
function cureOf({ declared }: Context, status: DeploymentStatus): Revision | undefined {
  const { desired, hindered } = declared
  if (desired === undefined || hindered === true || status.paused !== undefined) return undefined
  if (desired.name === status.stable || isElsewhere(declared, status)) return undefined
  return status.aborted.some(({ revision }) => revision === desired.name) ? undefined : desired
}

/**
 * The status without unseen revisions that get no traffic. A revision that is to be removed must not be
 * created first.
 */
export function withoutUnseen(status: DeploymentStatus): DeploymentStatus {
  const { stable } = status
  const split = splitOf(status)
  const revisions = servingRevisions(status)
  const kept = revisions.filter(
    ({ revision, state }) => revision === stable || state !== 'requested' || weightOf(split, revision) > 0,
  )
  return kept.length === revisions.length ? status : withServingRevisions(status, kept)
}

function rolledBack({ now }: Context, status: DeploymentStatus, rollout: RollingBack): Transition {
  const { revision, cause, message, gates } = rollout
  const superseded = cause === 'Superseded'
  const next: Rollout = superseded
    ? { phase: 'pending', sinceMs: now }
    : { phase: 'failed', revision, sinceMs: now, cause, message, ...(gates !== undefined && { gates }) }
  return enter(
    {
      ...status,
      last: {
        revision,
        outcome: superseded ? 'superseded' : 'rolled-back',
        message,
        endedMs: now,
      },
    },
    next,
    { action: 'rollout-rolled-back', details: { revision, cause, tookMs: now - rollout.sinceMs } },
  )
}
