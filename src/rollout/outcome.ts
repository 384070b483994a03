import type { DeploymentStatus, Handle, LedgerEntry } from '../resources/deployment-status.ts'
import type { ApplyResult } from '../target/contract.ts'
import { type Context, enter, type Move, stay } from './move.ts'

const keptHandles = 20

/**
 * What to do about a create whose answer was lost, where names are random and the operation cannot be found again:
 * stop, because creating again could make a second one. Undefined in every other case.
 */
export function outcomeUnknown(
  context: Context,
  before: DeploymentStatus,
  seen: DeploymentStatus,
): Move | undefined {
  const { effect } = before
  if (effect === undefined || effect.kind !== 'create' || context.declared.capabilities.names !== 'random')
    return undefined
  const { revision = '', operationId } = effect
  if (context.declared.deletion !== undefined) return undefined
  if (context.observed.revisions.some((each) => each.revision === revision)) return undefined
  const operation = context.observed.operations.find((each) => each.operationId === operationId)
  if (operation?.state === 'failed') return undefined
  if (operation !== undefined) return stay({ ...seen, effect }, context)
  const message = `whether revision ${revision} was created by operation ${operationId} cannot be found out; look at the target, then retry`
  return enter(
    seen,
    { phase: 'stopped', revision, sinceMs: context.now, message },
    { action: 'rollout-stopped', details: { revision, operationId, reason: 'OutcomeUnknown' } },
  )
}

/** The status after a call was answered. */
export function recordOutcome(
  status: DeploymentStatus,
  entry: LedgerEntry,
  result: Exclude<ApplyResult, { kind: 'refused' }>,
): DeploymentStatus {
  const { effect: _, ...rest } = status
  const answered = status.effect?.operationId === entry.operationId ? rest : status
  if (result.kind === 'busy') return answered
  const prefix = entry.revision === undefined ? entry.kind : `${entry.kind}:${entry.revision}`
  const requested = answered.requested.map((each) =>
    each.change.startsWith(prefix) && !each.accepted ? { ...each, accepted: true } : each,
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
