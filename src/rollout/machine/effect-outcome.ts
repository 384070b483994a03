import type { ApplyResult } from '../../deployment-target/contract.ts'
import type { DeploymentStatus, Handle, LedgerEntry } from '../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../resources/duration.ts'
import type { Observed } from './machine-types.ts'
import { revisionStatus } from './status-edits.ts'
import { type Context, enter, type Transition } from './transition.ts'

const keptHandles = 20

/**
 * Stops the rollout when the outcome of a create cannot be found out. This happens when the target's names
 * are random and it does not show the operation. Creating again could make a second revision. Undefined in
 * every other case.
 */
export function outcomeUnknown(
  context: Context,
  before: DeploymentStatus,
  seen: DeploymentStatus,
): Transition | undefined {
  const { declared, now } = context
  if (declared.capabilities.names !== 'random' || declared.deletion !== undefined) return undefined
  const unanswered = lostCreate(context, before)
  const unseenAtMs = givenUpAtMs(context, seen)
  if (unanswered !== undefined) {
    const { revision = '', operationId } = unanswered
    return stopped(
      context,
      seen,
      revision,
      `it is not known whether operation ${operationId} created revision ${revision}`,
    )
  }
  if (unseenAtMs === undefined || now < unseenAtMs) return undefined
  const revision = seen.stable ?? ''
  return stopped(context, seen, revision, `the target accepted revision ${revision} but does not show it`)
}

/**
 * The create in the ledger, when its answer was lost and the target shows neither its revision nor its
 * operation.
 */
function lostCreate({ observed }: Context, { effect }: DeploymentStatus): LedgerEntry | undefined {
  if (effect?.kind !== 'create') return undefined
  const shown = observed.revisions.some(({ revision }) => revision === effect.revision)
  const operation = observed.operations.find(({ operationId }) => operationId === effect.operationId)
  return shown || operation !== undefined ? undefined : effect
}

/**
 * When to stop waiting for a stable revision that was created again: the target accepted the create but does
 * not show the revision. A candidate has the deadline of its rollout instead.
 */
export function givenUpAtMs({ declared }: Context, status: DeploymentStatus): number | undefined {
  if (declared.capabilities.names !== 'random') return undefined
  const known = revisionStatus(status, status.stable)
  const taken = status.requested.some(
    ({ change, accepted }) => accepted && change === `create:${status.stable}`,
  )
  if (known?.state !== 'requested' || !taken) return undefined
  return known.sinceMs + durationMs(declared.spec.deadline)
}

function stopped(context: Context, status: DeploymentStatus, revision: string, why: string): Transition {
  const message = `${why}; look at the target, then retry`
  return enter(
    status,
    { phase: 'stopped', revision, sinceMs: context.now, message },
    { action: 'rollout-stopped', details: { revision, reason: 'OutcomeUnknown', message } },
  )
}

/**
 * The status without the ledger's entry. When the vendor still knows the operation, it was accepted, unless
 * it failed.
 */
export function settle(status: DeploymentStatus, { operations }: Observed): DeploymentStatus {
  const { effect, ...rest } = status
  const operation = operations.find(({ operationId }) => operationId === effect?.operationId)
  if (effect === undefined || operation === undefined || operation.state === 'failed') return rest
  return recordOutcome(status, effect, { kind: 'unchanged' })
}

/** The status after the target answered a call. */
export function recordOutcome(
  status: DeploymentStatus,
  entry: LedgerEntry,
  result: Exclude<ApplyResult, { kind: 'refused' }>,
): DeploymentStatus {
  const { effect: _, ...rest } = status
  const answered = status.effect?.operationId === entry.operationId ? rest : status
  if (result.kind === 'busy') return answered
  const requested = answered.requested.map((each) =>
    each.change === entry.change && !each.accepted ? { ...each, accepted: true } : each,
  )
  const handle = result.kind === 'accepted' ? result.handle : undefined
  const known = handle === undefined || answered.handles.some((each) => each.handle === handle)
  const handles = known ? answered.handles : withHandle(answered.handles, handle, entry.revision)
  return { ...answered, requested, handles }
}

function withHandle(
  handles: readonly Handle[],
  handle: string,
  revision: string | undefined,
): readonly Handle[] {
  if (revision !== undefined) return [...handles, { handle, revision }]
  const ofTheWhole = handles.filter((each) => each.revision === undefined)
  const dropped = ofTheWhole.slice(0, Math.max(0, ofTheWhole.length + 1 - keptHandles))
  return [...handles.filter((each) => !dropped.includes(each)), { handle }]
}
