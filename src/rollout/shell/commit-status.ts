import { sameJson } from '../../json.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { boundedEntry } from '../../security/bounded-entry.ts'
import type { AuditEntry } from '../../security/contract.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import type { RolloutEvent } from '../machine/machine-types.ts'
import { loopActor } from '../machine/moves/rollback.ts'
import type { ReconcilerOptions } from './reconciler-options.ts'

export interface CommitOptions {
  /** Absent for a command of a person, which needs no lease, only the expected version. */
  readonly held?: HeldLease
  readonly finalizers?: readonly string[]
  /** The write makes something safe, so that a full store must take it. */
  readonly urgent?: boolean
}

/**
 * Writes a status with its events, and calls `committed` afterwards. Writes nothing when nothing changed.
 * Returns null when the write removed the object.
 */
export async function commitStatus(
  { store, clock, committed }: Pick<ReconcilerOptions, 'store' | 'clock' | 'committed'>,
  stored: TypedObject<'ModelDeployment'>,
  decided: DeploymentStatus,
  events: readonly RolloutEvent[],
  { held, finalizers, urgent }: CommitOptions,
): Promise<TypedObject<'ModelDeployment'> | null> {
  const status = withTrafficTime(stored.status, decided, clock.now())
  if (events.length === 0 && finalizers === undefined && sameJson(stored.status, status)) return stored
  const written = await store.putStatus(stored.kind, stored.key, status, {
    expect: stored.version,
    events: events.map((event) => entryOf(stored, event, clock)),
    ...(held !== undefined && { fence: { lease: held.name, fence: held.fence } }),
    ...(finalizers !== undefined && { finalizers }),
    ...(urgent === true && { urgent }),
  })
  if (written === null) committed(stored, events)
  else committed(written, events, stored.version)
  return written
}

/** Notes when traffic changes, so that nothing is removed before every router knows. */
function withTrafficTime(
  before: DeploymentStatus | undefined,
  status: DeploymentStatus,
  now: number,
): DeploymentStatus {
  const isSame = sameJson(before?.traffic ?? [], status.traffic)
  const trafficSinceMs = isSame ? before?.trafficSinceMs : now
  if (trafficSinceMs === status.trafficSinceMs) return status
  const { trafficSinceMs: _, ...rest } = status
  return { ...rest, ...(trafficSinceMs !== undefined && { trafficSinceMs }) }
}

function entryOf(
  stored: TypedObject<'ModelDeployment'>,
  { action, details, actor }: RolloutEvent,
  clock: ReconcilerOptions['clock'],
): AuditEntry {
  return boundedEntry({
    id: clock.id(),
    atMs: clock.now(),
    actor: actor ?? loopActor,
    action,
    kind: stored.kind,
    key: stored.key,
    uid: stored.uid,
    generation: stored.generation,
    details,
  })
}
