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
import { lossMs } from '../absorb.ts'
import type { Look, Observed, RolloutEvent } from '../machine-types.ts'
import {
  placementAt,
  servingPlacement,
  withoutEffect,
  withoutPlacement,
  withPlacement,
} from '../placement.ts'
import { type Context, enter, type Transition } from '../transition.ts'

/** Handles of one placement that are kept. */
const keptHandles = 100

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
  const unseenAtMs = givenUpAtMs(context, seen.stable, servingPlacement(seen))
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
  status: DeploymentStatus,
): LedgerEntry | undefined {
  const effect = servingPlacement(status)?.effect
  if (effect?.kind !== 'create') return undefined
  return whatShows(effect, observed) === 'nothing' ? effect : undefined
}

/**
 * When to stop waiting for a stable revision that was created again: the target accepted the create but does
 * not show the revision. A candidate has the deadline of its rollout instead.
 */
export function givenUpAtMs(
  { declared }: Pick<Context, 'declared'>,
  stable: string | undefined,
  at: Placement | undefined,
): number | undefined {
  const known = at?.revisions.find(({ revision }) => revision === stable)
  const taken = at?.requested.find(({ change, accepted }) => accepted && change === `create:${stable}`)
  if (known?.state !== 'requested' || taken === undefined) return undefined
  return (taken.acceptedMs ?? known.sinceMs) + shownWithinMs(declared)
}

/**
 * When an accepted create of a candidate may be sent again: when the revision surely would be in the target's lists,
 * and ever later the more often it was sent. Undefined where that is not known, or where another create could make
 * another revision.
 */
export function sentAgainAtMs(
  { declared }: Pick<Context, 'declared'>,
  { acceptedMs }: RequestedChange,
  requestedMs: number,
): number | undefined {
  const { names, listLagMs } = declared.capabilities
  if (acceptedMs === undefined || listLagMs === undefined || names !== 'deterministic') return undefined
  return acceptedMs + Math.max(shownWithinMs(declared), acceptedMs - requestedMs)
}

/**
 * How long an accepted change may stay out of the target's lists. Where the target does not tell, the deadline
 * of the deployment is the limit.
 */
export function shownWithinMs({ spec, capabilities }: Context['declared']): number {
  const { listLagMs } = capabilities
  return listLagMs === undefined ? durationMs(spec.deadline) : Math.max(lossMs, listLagMs)
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
 * The status without the ledger's entry at the target that serves, and with what the target says of the
 * operations that were sent. When the vendor still knows the operation of the ledger, it was accepted, unless
 * it failed.
 */
export function settle(status: DeploymentStatus, observed: Observed, now: number): Settled {
  const at = servingPlacement(status)
  if (at === undefined) return { status, events: [] }
  const isTaken = at.effect !== undefined && whatShows(at.effect, observed) === 'taken'
  return settled(status, at, isTaken, observed, now)
}

/** The same for the target that a deployment comes to. `lost`: the outcome of a create cannot be found out. */
export function settleComing(
  status: DeploymentStatus,
  coming: Placement,
  { observed, capabilities }: Look,
  now: number,
): Settled & { readonly lost?: LedgerEntry } {
  if (observed === undefined) return { status, events: [] }
  const { effect } = coming
  const shows = effect && whatShows(effect, observed)
  if (shows === 'nothing' && effect?.kind === 'create' && capabilities.names === 'random') {
    return { status, events: [], lost: effect }
  }
  return settled(status, coming, shows === 'taken' || shows === 'revision', observed, now)
}

function settled(
  status: DeploymentStatus,
  { target, effect }: Placement,
  isTaken: boolean,
  { operations }: Observed,
  now: number,
): Settled {
  const known =
    effect !== undefined && isTaken
      ? recordOutcome(status, target, effect, { kind: 'unchanged' }, { nowMs: now }).status
      : withPlacement(status, target, (each) => (effect === undefined ? each : withoutEffect(each)))
  let requested = placementAt(known, target)?.requested ?? []
  const events: RolloutEvent[] = []
  for (const { operationId, state, reason = 'OperationFailed' } of operations) {
    const change = requested.find((each) => each.operationId === operationId)
    if (state !== 'failed' || change === undefined) continue
    requested = withFailure(requested, change.change, reason, now)
    events.push(failedEvent(change.change, reason, requested))
  }
  if (events.length === 0) return { status: known, events }
  return { status: withPlacement(known, target, (each) => ({ ...each, requested })), events }
}

export interface OutcomeFacts {
  readonly nowMs: number
  /** The scale that the call told the target. */
  readonly scale?: Scale
}

/** The status after the target answered a call. */
export function recordOutcome(
  status: DeploymentStatus,
  target: string,
  entry: LedgerEntry,
  result: Exclude<ApplyResult, { kind: 'refused' }>,
  { nowMs, scale }: OutcomeFacts,
): Settled {
  const before = placementAt(status, target)
  if (before === undefined) return { status, events: [] }
  const at = before.effect?.operationId === entry.operationId ? withoutEffect(before) : before
  const put = (placement: Placement): DeploymentStatus => told(status, placement)
  switch (result.kind) {
    case 'not-sent':
      return { status: put(at), events: [] }
    case 'busy': {
      const notBeforeMs = nowMs + Math.min(result.retryAfterMs, longestBusyMs)
      return {
        status: put({ ...at, requested: busy(at.requested, entry.change, nowMs, notBeforeMs) }),
        events: [],
      }
    }
    case 'failed': {
      const requested = withFailure(at.requested, entry.change, result.reason, nowMs)
      return {
        status: put({ ...at, requested }),
        events: [failedEvent(entry.change, result.reason, requested)],
      }
    }
    default:
      return { status: taken(status, at, entry, result, { nowMs, ...(scale && { scale }) }), events: [] }
  }
}

/** The status with what was learnt of a call. Of the targets that are left, another one has its turn then. */
function told(status: DeploymentStatus, placement: Placement): DeploymentStatus {
  if (placement.role !== 'leaving') return withPlacement(status, placement.target, () => placement)
  const { placements } = withoutPlacement(status, placement.target)
  return { ...status, placements: [...placements, placement] }
}

/** The status after the target took a call, or had nothing left to do. */
function taken(
  status: DeploymentStatus,
  at: Placement,
  entry: LedgerEntry,
  result: Extract<ApplyResult, { kind: 'accepted' | 'unchanged' }>,
  { nowMs, scale }: OutcomeFacts,
): DeploymentStatus {
  if (at.role === 'leaving' && result.kind === 'unchanged') return withoutPlacement(status, at.target)
  // Earlier failures are kept, so that an operation that is accepted and fails again waits longer each time.
  const isUnfinished = result.kind === 'accepted' && result.unfinished === true
  const requested = at.requested.map((each): RequestedChange => {
    if (each.change !== entry.change || (each.accepted && each.operationId === entry.operationId)) return each
    const { busy: _, ...rest } = each
    if (isUnfinished) return asNew(rest)
    return { ...rest, accepted: true, operationId: entry.operationId, acceptedMs: nowMs }
  })
  const handles =
    result.kind === 'accepted' && result.handle !== undefined
      ? withHandle(at, result.handle, entry.kind === 'create' ? entry.revision : undefined)
      : at.handles
  const next = told(status, {
    ...at,
    requested,
    handles,
    ...(scale !== undefined && at.role !== 'leaving' && { scale }),
  })
  if (at.role !== 'serving') return next
  const { takeOver: _, ...rest } = next
  const { rollout } = status
  const emptied = entry.kind === 'destroy' && result.kind === 'unchanged' && rollout.phase === 'deleting'
  return emptied ? { ...rest, rollout: { ...rollout, emptied: true } } : rest
}

/** The change is sent again at the next look, as another operation. */
function asNew({ change, failed }: RequestedChange): RequestedChange {
  return { change, accepted: false, ...(failed !== undefined && { failed }) }
}

/** A busy target took nothing. The change is sent again later, as the same operation. */
function busy(
  requested: readonly RequestedChange[],
  change: string,
  nowMs: number,
  notBeforeMs: number,
): readonly RequestedChange[] {
  return requested.map((each) => {
    if (each.change !== change) return each
    const { sinceMs = nowMs, times = 0 } = each.busy ?? {}
    return { ...each, notBeforeMs, busy: { sinceMs, times: times + 1 } }
  })
}

/** The status in which an effect at a target that does not serve is sent again after a moment. */
export function withNotBefore(
  status: DeploymentStatus,
  { change, target }: { readonly change: string; readonly target: string },
  notBeforeMs: number,
): DeploymentStatus {
  return withPlacement(status, target, (place) => ({
    ...place,
    requested: place.requested.map((each) => (each.change === change ? { ...each, notBeforeMs } : each)),
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

/**
 * The handles with one more. A handle that the target gives again keeps its place. When there are too many, the
 * oldest goes that no revision needs, where each revision that is meant to exist needs its newest one.
 */
function withHandle(
  { handles, revisions }: Placement,
  handle: string,
  revision: string | undefined,
): readonly Handle[] {
  const created = revision === undefined ? [] : [revision]
  const known = handles.find((each) => each.handle === handle)
  if (known !== undefined) {
    const all = { handle, revisions: [...new Set([...known.revisions, ...created])] }
    return handles.map((each) => (each === known ? all : each))
  }
  const all: readonly Handle[] = [...handles, { handle, revisions: created }]
  if (all.length <= keptHandles) return all
  const needed = new Set(
    revisions.map(({ revision: name }) => all.findLast((each) => each.revisions.includes(name))),
  )
  const spare = all.find((each) => !needed.has(each))
  return all.filter((each) => each !== spare)
}
