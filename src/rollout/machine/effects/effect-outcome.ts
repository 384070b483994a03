import type { ApplyResult } from '../../../deployment-target/contract.ts'
import type {
  DeploymentStatus,
  Handle,
  LedgerEntry,
  Placement,
  RequestedChange,
} from '../../../resources/deployment/deployment-status.ts'
import type { Scale } from '../../../resources/deployment/model-deployment.ts'
import { durationMs } from '../../../resources/duration.ts'
import type { Look, Observed, RolloutEvent } from '../machine-types.ts'
import { withPlacement } from '../placement.ts'
import { revisionStatus } from '../status-edits.ts'
import { type Context, enter, type Transition } from '../transition.ts'

/** Handles of one revision, or of the whole deployment, that are kept; the newest. */
const keptHandles = 20

const firstRetryMs = 1000
const longestRetryMs = 300_000
/** A target that says it is busy for longer is asked again all the same. */
const longestBusyMs = 300_000

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
 * What a look tells of the operation in the ledger: the target took it, failed it, shows only its revision, or
 * shows nothing of it.
 */
function whatShows(
  { operationId, revision: name }: LedgerEntry,
  { operations, revisions }: Observed,
): 'taken' | 'failed' | 'revision' | 'nothing' {
  const operation = operations.find((each) => each.operationId === operationId)
  if (operation !== undefined) return operation.state === 'failed' ? 'failed' : 'taken'
  return revisions.some(({ revision }) => revision === name) ? 'revision' : 'nothing'
}

/**
 * The create in the ledger, when its answer was lost and the target shows neither its revision nor its
 * operation.
 */
export function lostCreate(
  { observed }: Pick<Context, 'observed'>,
  { effect }: DeploymentStatus,
): LedgerEntry | undefined {
  if (effect?.kind !== 'create' || effect.target !== undefined) return undefined
  return whatShows(effect, observed) === 'nothing' ? effect : undefined
}

/**
 * When to stop waiting for a stable revision that was created again: the target accepted the create but does
 * not show the revision. A candidate has the deadline of its rollout instead.
 */
export function givenUpAtMs(
  { declared }: Pick<Context, 'declared'>,
  status: DeploymentStatus,
): number | undefined {
  const known = revisionStatus(status, status.stable)
  const taken = status.requested.find(
    ({ change, accepted }) => accepted && change === `create:${status.stable}`,
  )
  if (known?.state !== 'requested' || taken === undefined) return undefined
  return (taken.acceptedMs ?? known.sinceMs) + durationMs(declared.spec.deadline)
}

/** Stops, because nobody knows whether a create has happened. */
export function stopped(
  context: Pick<Context, 'now'>,
  status: DeploymentStatus,
  revision: string,
  why: string,
): Transition {
  const message = `${why}; look at the target, then retry`
  return enter(
    status,
    { phase: 'stopped', revision, sinceMs: context.now, message },
    { action: 'rollout-stopped', details: { revision, reason: 'OutcomeUnknown', message } },
  )
}

/** A status after something was learnt about operations, with what is worth telling. */
export interface Settled {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
}

/**
 * The status without the ledger's entry, and with what the target says of the operations that were sent. When
 * the vendor still knows the operation of the ledger, it was accepted, unless it failed.
 */
export function settle(status: DeploymentStatus, observed: Observed, now: number): Settled {
  const { effect, ...rest } = status
  if (effect === undefined || effect.target !== undefined) return withFailures(status, observed, now)
  const taken = whatShows(effect, observed) === 'taken'
  const settled = taken ? recordOutcome(status, effect, { kind: 'unchanged' }, { nowMs: now }).status : rest
  return withFailures(settled, observed, now)
}

/** The same for the target that a deployment comes to. `lost`: the outcome of a create cannot be found out. */
export function settleComing(
  status: DeploymentStatus,
  coming: Placement,
  { observed, capabilities }: Look,
  now: number,
): Settled & { readonly lost?: LedgerEntry } {
  if (observed === undefined) return { status, events: [] }
  const { effect, ...rest } = status
  let settled: DeploymentStatus = status
  if (effect?.target === coming.target) {
    const shows = whatShows(effect, observed)
    if (shows === 'taken' || shows === 'revision') {
      settled = recordOutcome(status, effect, { kind: 'unchanged' }, { nowMs: now }).status
    } else if (shows === 'nothing' && effect.kind === 'create' && capabilities.names === 'random') {
      return { status, events: [], lost: effect }
    } else settled = rest
  }
  const here = settled.coming ?? coming
  const after = withFailures({ ...settled, ...ofPlacement(here) }, observed, now)
  if (after.events.length === 0) return { status: settled, events: [] }
  const { requested } = after.status
  return { status: { ...settled, coming: { ...here, requested } }, events: after.events }
}

function withFailures(status: DeploymentStatus, { operations }: Observed, now: number): Settled {
  let next = status
  const events: RolloutEvent[] = []
  for (const { operationId, state, reason = 'OperationFailed' } of operations) {
    const change = next.requested.find((each) => each.operationId === operationId)
    if (state !== 'failed' || change === undefined) continue
    next = { ...next, requested: withFailure(next.requested, change.change, reason, now) }
    events.push(failedEvent(change.change, reason, next.requested))
  }
  return { status: next, events }
}

export interface OutcomeFacts {
  readonly nowMs: number
  /** The scale that the call told the target. */
  readonly scale?: Scale
}

/** The status after the target answered a call. */
export function recordOutcome(
  status: DeploymentStatus,
  entry: LedgerEntry,
  result: Exclude<ApplyResult, { kind: 'refused' }>,
  facts: OutcomeFacts,
): Settled {
  const { effect: _, ...rest } = status
  const answered = status.effect?.operationId === entry.operationId ? rest : status
  const { target } = entry
  if (target === undefined) return recorded(answered, entry, result, facts)
  if (answered.coming?.target === target) {
    const { coming } = answered
    const after = recorded({ ...answered, ...ofPlacement(coming) }, entry, result, facts)
    const { requested, handles, scale = coming.scale } = after.status
    const arrived = { ...coming, requested, handles, ...(scale !== undefined && { scale }) }
    return { ...after, status: { ...answered, coming: arrived } }
  }
  const leaving = answered.leaving?.find((each) => each.target === target)
  if (leaving === undefined) return { status: answered, events: [] }
  const after = recorded({ ...answered, ...ofPlacement(leaving) }, entry, result, facts)
  const others = (answered.leaving ?? []).filter((each) => each.target !== target)
  if (result.kind === 'unchanged') return { ...after, status: withLeaving(answered, others) }
  const { requested, handles } = after.status
  return { ...after, status: withLeaving(answered, [...others, { ...leaving, requested, handles }]) }
}

function ofPlacement({
  revisions,
  requested,
  handles,
}: Placement): Pick<DeploymentStatus, 'revisions' | 'requested' | 'handles'> {
  return { revisions, requested, handles }
}

function withLeaving(status: DeploymentStatus, leaving: readonly Placement[]): DeploymentStatus {
  const { leaving: _, ...rest } = status
  return leaving.length === 0 ? rest : { ...rest, leaving }
}

function recorded(
  status: DeploymentStatus,
  entry: LedgerEntry,
  result: Exclude<ApplyResult, { kind: 'refused' }>,
  { nowMs, scale }: OutcomeFacts,
): Settled {
  if (result.kind === 'not-sent') return { status, events: [] }
  if (result.kind === 'busy') {
    const notBeforeMs = nowMs + Math.min(result.retryAfterMs, longestBusyMs)
    return {
      status: { ...status, requested: later(status.requested, entry.change, notBeforeMs) },
      events: [],
    }
  }
  if (result.kind === 'failed') {
    const requested = withFailure(status.requested, entry.change, result.reason, nowMs)
    return { status: { ...status, requested }, events: [failedEvent(entry.change, result.reason, requested)] }
  }
  // Earlier failures are kept, so that an operation that is accepted and fails again waits longer each time.
  const requested = status.requested.map(
    (each): RequestedChange =>
      each.change !== entry.change || (each.accepted && each.operationId === entry.operationId)
        ? each
        : { ...each, accepted: true, operationId: entry.operationId, acceptedMs: nowMs },
  )
  const handle = result.kind === 'accepted' ? result.handle : undefined
  const handles = handle === undefined ? status.handles : withHandle(status.handles, handle, entry.revision)
  const { takeOver: _, ...rest } = status
  const { rollout } = status
  const emptied = entry.kind === 'destroy' && result.kind === 'unchanged' && entry.target === undefined
  return {
    status: {
      ...rest,
      requested,
      handles,
      ...(scale !== undefined && { scale }),
      ...(emptied && rollout.phase === 'deleting' && { rollout: { ...rollout, emptied: true } }),
    },
    events: [],
  }
}

function later(
  requested: readonly RequestedChange[],
  change: string,
  notBeforeMs: number,
): readonly RequestedChange[] {
  return requested.map((each) => (each.change === change ? { ...each, notBeforeMs } : each))
}

/** The status in which an effect at a target that does not serve is sent again after a moment. */
export function withNotBefore(
  status: DeploymentStatus,
  { change, target }: { readonly change: string; readonly target: string },
  notBeforeMs: number,
): DeploymentStatus {
  return withPlacement(status, target, (place) => ({
    ...place,
    requested: later(place.requested, change, notBeforeMs),
  }))
}

function withFailure(
  requested: readonly RequestedChange[],
  change: string,
  reason: string,
  now: number,
): readonly RequestedChange[] {
  return requested.map((each) => {
    if (each.change !== change) return each
    const times = (each.failed?.times ?? 0) + 1
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(times - 1, 20))
    return { change, accepted: false, failed: { times, reason }, notBeforeMs: now + waitMs }
  })
}

function failedEvent(change: string, reason: string, requested: readonly RequestedChange[]): RolloutEvent {
  const times = requested.find((each) => each.change === change)?.failed?.times ?? 1
  return { action: 'operation-failed', details: { change, reason, times } }
}

function withHandle(
  handles: readonly Handle[],
  handle: string,
  revision: string | undefined,
): readonly Handle[] {
  if (handles.some((each) => each.handle === handle)) return handles
  const alike = handles.filter((each) => each.revision === revision)
  const dropped = alike.slice(0, Math.max(0, alike.length + 1 - keptHandles))
  const added: Handle = revision === undefined ? { handle } : { handle, revision }
  return [...handles.filter((each) => !dropped.includes(each)), added]
}
