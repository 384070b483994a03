import type { ObservedRevision } from '../../../deployment-target/contract.ts'
import type {
  DeploymentStatus,
  Placement,
  RevisionStatus,
} from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import { newPlacement, putPlacement, servingPlacement, targetOf } from '../placement.ts'
import { holding, withSplit } from '../status-edits.ts'
import { type Context, enter, type Transition } from '../transition.ts'

/**
 * Takes over what serves at the target although the status knows nothing of it, because the store was lost. It
 * is not removed before its successor stands. When the desired revision is ready at the target already, that
 * one is taken over instead, and this gives undefined.
 */
export function adopt(context: Context, status: DeploymentStatus): Transition | undefined {
  const { declared, observed, now } = context
  // A status with a placement has begun something there, and knows what is left of it.
  if (status.stable !== undefined || servingPlacement(status) !== undefined) return undefined
  const { desired } = declared
  if (desired === undefined) return undefined
  const serving = observed.revisions.filter(({ state }) => state === 'ready')
  const ready = serving.length > 0 ? serving : observed.revisions.filter(({ state }) => state === 'unready')
  if (ready.length === 0) return undefined
  const heavy = heaviest(ready)
  // Where the target tells the weights, the heaviest is stable. Else the desired one is, when it is there.
  const isThere = ready.some(({ revision }) => revision === desired.name)
  if (isThere && (heavy.weight === undefined || heavy.revision === desired.name)) return undefined
  const stable = heavy.revision
  const placement: Placement = {
    ...newPlacement(targetOf(declared, status), 'serving', now),
    revisions: [adoptedStatus(heavy, now)],
  }
  const placed = putPlacement(holding(status, adoptedRevision(stable, desired)), placement)
  return enter(
    withSplit({ ...placed, stable }, [{ revision: stable, weight: 100 }]),
    { phase: 'pending', sinceMs: now },
    { action: 'revisions-adopted', details: { stable, found: ready.map(({ revision }) => revision) } },
  )
}

function heaviest(revisions: readonly ObservedRevision[]): ObservedRevision {
  return revisions.reduce((one, other) => ((other.weight ?? 0) > (one.weight ?? 0) ? other : one))
}

function adoptedStatus(
  { revision, state, reason, message, endpoint }: ObservedRevision,
  now: number,
): RevisionStatus {
  return {
    revision,
    state,
    sinceMs: now,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(endpoint !== undefined && { endpoint }),
  }
}

/** Of what was found, only the name is known. */
function adoptedRevision(name: string, desired: Revision): Revision {
  const { registry, name: model } = desired.model
  return {
    name,
    model: { registry, name: model, version: 'unknown', artifact: { kind: 'files', files: [] } },
    runtime: { env: {}, secrets: {}, resources: {} },
    settings: {},
    adopted: true,
  }
}
