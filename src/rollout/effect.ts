import type { DeploymentStatus, EffectKind, LedgerEntry } from '../resources/deployment-status.ts'
import type { Effect, RolloutAction, RolloutEvent } from './decision.ts'
import type { Context } from './move.ts'
import { scaleIsObserved, splitIsObserved, wantOf } from './want.ts'

interface Change {
  /** Names the change in `status.requested`, so that it is audited once however often it is sent. */
  readonly id: string
  readonly kind: EffectKind
  readonly revision?: string
}

/** The one call that brings the target nearer to the status, if any is due. */
export function effectFor(
  context: Context,
  status: DeploymentStatus,
  inFlight: LedgerEntry | undefined,
): { readonly status: DeploymentStatus; readonly effect?: Effect; readonly events: readonly RolloutEvent[] } {
  const changes = status.rollout.phase === 'stopped' ? [] : changesDue(context, status)
  const open = status.requested.filter(({ change }) => changes.some(({ id }) => id === change))
  const next = changes.find((change) => mayBeSent(context, change, open))
  const handles = handlesStillNeeded(context, status)
  if (next === undefined) return { status: keep(status, open, handles), events: [] }

  const known = open.some(({ change }) => change === next.id) || sameEffect(inFlight, next)
  const requested = open.some(({ change }) => change === next.id)
    ? open
    : [...open, { change: next.id, accepted: false }]
  const target = status.rollout.phase === 'retargeting' ? status.rollout.target : targetOf(context, status)
  const effect: Effect = {
    kind: next.kind,
    target,
    ...(next.revision !== undefined && { revision: next.revision }),
    ...(next.kind !== 'destroy' && { want: wantOf(context, status) }),
  }
  return {
    status: keep(status, requested, handles),
    effect,
    events: known ? [] : [{ action: actions[next.kind], details: detailsOf(context, status, next, target) }],
  }
}

const actions: Readonly<Record<EffectKind, RolloutAction>> = {
  create: 'revision-requested',
  retire: 'revision-removal-requested',
  shift: 'split-requested',
  scale: 'scale-requested',
  destroy: 'destroy-requested',
}

/** What the target lacks or has too much of, the most needed first. */
function changesDue(context: Context, status: DeploymentStatus): readonly Change[] {
  const { observed, declared } = context
  if (status.revisions.length === 0) {
    const settled = observed.revisions.length === 0 || isOnlyLookedAt(status, context)
    return settled ? [] : [{ id: 'destroy', kind: 'destroy' }]
  }
  const changes: Change[] = []
  for (const { revision } of status.revisions) {
    if (!observed.revisions.some((each) => each.revision === revision.name)) {
      changes.push({ id: `create:${revision.name}`, kind: 'create', revision: revision.name })
    }
  }
  if (!splitIsObserved(context, status) && status.split.length > 0) {
    changes.push({
      id: `shift:${status.split.map((each) => `${each.revision}=${each.percent}`).join(',')}`,
      kind: 'shift',
    })
  }
  if (!scaleIsObserved(context)) {
    changes.push({ id: `scale:${declared.spec.scale.min}-${declared.spec.scale.max}`, kind: 'scale' })
  }
  for (const { revision, state } of observed.revisions) {
    if (state !== 'stopping' && !status.revisions.some((each) => each.revision.name === revision)) {
      changes.push({ id: `retire:${revision}`, kind: 'retire', revision })
    }
  }
  return changes
}

/** Leftovers of an earlier life that hold the desired revision are adopted, not destroyed. */
function isOnlyLookedAt({ rollout }: DeploymentStatus, { observed, declared }: Context): boolean {
  if (rollout.phase === 'deleting' || rollout.phase === 'retargeting' || rollout.phase === 'rolling-back')
    return false
  const { desired } = declared
  return desired === undefined || observed.revisions.every(({ revision }) => revision === desired.name)
}

/** With random names a second create could not be told from the first: one that was accepted is only waited for. */
function mayBeSent(
  { declared }: Context,
  change: Change,
  open: readonly { readonly change: string; readonly accepted: boolean }[],
): boolean {
  if (change.kind !== 'create' || declared.capabilities.names !== 'random') return true
  return !open.some((each) => each.change === change.id && each.accepted)
}

function sameEffect(inFlight: LedgerEntry | undefined, change: Change): boolean {
  return inFlight !== undefined && inFlight.kind === change.kind && inFlight.revision === change.revision
}

function targetOf({ declared }: Context, status: DeploymentStatus): string {
  return status.target ?? declared.spec.target.name
}

function detailsOf(
  { declared }: Context,
  status: DeploymentStatus,
  { kind, revision }: Change,
  target: string,
): Readonly<Record<string, unknown>> {
  return {
    target,
    ...(revision !== undefined && { revision }),
    ...(kind === 'shift' && { split: status.split }),
    ...(kind === 'scale' && { scale: declared.spec.scale }),
  }
}

function handlesStillNeeded({ observed }: Context, status: DeploymentStatus): DeploymentStatus['handles'] {
  return status.handles.filter(
    ({ revision }) =>
      revision === undefined ||
      status.revisions.some((each) => each.revision.name === revision) ||
      observed.revisions.some((each) => each.revision === revision),
  )
}

function keep(
  status: DeploymentStatus,
  requested: DeploymentStatus['requested'],
  handles: DeploymentStatus['handles'],
): DeploymentStatus {
  const same =
    requested.length === status.requested.length &&
    requested.every((each, place) => each === status.requested[place]) &&
    handles.length === status.handles.length
  return same ? status : { ...status, requested, handles }
}
