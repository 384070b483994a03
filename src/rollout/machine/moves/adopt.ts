import type { ObservedRevision } from '../../../deployment-target/contract.ts'
import type { DeploymentStatus, RevisionStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import { targetOf } from '../placement.ts'
import { type Context, enter, type Transition } from '../transition.ts'

/**
 * Takes over what serves at the target although the status knows nothing of it, because the store was lost. It
 * is not removed before its successor stands. When the desired revision is ready at the target already, that
 * one is taken over instead, and this gives undefined.
 */
export function adopt(context: Context, status: DeploymentStatus): Transition | undefined {
  const { declared, observed, now } = context
  // A status that names a target has begun something there, and knows what is left of it.
  if (status.stable !== undefined || status.revisions.length > 0 || status.target !== undefined)
    return undefined
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
  const revisions = ready.map((each) => adoptedStatus(each, desired, now))
  return enter(
    {
      ...status,
      target: targetOf(declared, status),
      revisions: revisions.filter(({ revision }) => revision.name === stable),
      stable,
      split: [{ revision: stable, weight: 100 }],
    },
    { phase: 'pending', sinceMs: now },
    { action: 'revisions-adopted', details: { stable, found: ready.map(({ revision }) => revision) } },
  )
}

function heaviest(revisions: readonly ObservedRevision[]): ObservedRevision {
  return revisions.reduce((one, other) => ((other.weight ?? 0) > (one.weight ?? 0) ? other : one))
}

function adoptedStatus(
  { revision: name, state, reason, message, endpoint }: ObservedRevision,
  desired: Revision,
  now: number,
): RevisionStatus {
  const { registry, name: model } = desired.model
  const unknown = {
    registry,
    name: model,
    version: 'unknown',
    artifact: { kind: 'files', files: [] },
  } as const
  return {
    revision: {
      name,
      model: unknown,
      runtime: { env: {}, secrets: {}, resources: {} },
      settings: {},
      adopted: true,
    },
    state,
    sinceMs: now,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(endpoint !== undefined && { endpoint }),
  }
}
