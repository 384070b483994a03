import type {
  DeploymentStatus,
  EffectKind,
  RequestedChange,
} from '../../../resources/deployment/deployment-status.ts'
import { durationMs } from '../../../resources/duration.ts'
import type { Effect, RolloutAction, RolloutEvent } from '../machine-types.ts'
import { targetOf } from '../placement.ts'
import type { Context } from '../transition.ts'
import { givenUpAtMs } from './effect-outcome.ts'
import { raisesUnready, scaleIsObserved, splitIsObserved, wantOf } from './want.ts'

interface Change {
  /** Names the change in `status.requested`, so that it is audited once, however often it is sent. */
  readonly id: string
  readonly kind: EffectKind
  readonly revision?: string
}

export interface Chosen {
  readonly status: DeploymentStatus
  readonly effect?: Effect
  readonly events: readonly RolloutEvent[]
  /** When a change that has to wait may be sent. */
  readonly atMs?: number
}

/** The one call that brings the target nearer to the status, if any is due. */
export function effectFor(context: Context, status: DeploymentStatus): Chosen {
  const changes = status.rollout.phase === 'stopped' ? [] : changesDue(context, status)
  const open = stillOpen(context, status, changes)
  const [next] = changes
  const handles = handlesStillNeeded(context, status, open)
  // Each call sends the whole want. When the first change has to wait, no other change may overtake it.
  const known = open.find(({ change }) => change === next?.id)
  const waitsUntilMs = next === undefined ? undefined : waitsFor(context, status, next, known)
  if (next === undefined || waitsUntilMs !== undefined) {
    return {
      status: keep(status, open, handles),
      events: [],
      ...(waitsUntilMs !== undefined && Number.isFinite(waitsUntilMs) && { atMs: waitsUntilMs }),
    }
  }
  const isDue = open.some(({ change }) => change === next.id)
  const requested = isDue ? open : [...open, { change: next.id, accepted: false }]
  const target = targetOf(context.declared, status)
  const effect: Effect = {
    kind: next.kind,
    change: next.id,
    target,
    elsewhere: false,
    ...(next.revision !== undefined && { revision: next.revision }),
    ...(next.kind !== 'destroy' && { want: wantOf(context, status) }),
  }
  return {
    status: keep(status, requested, handles),
    effect,
    events: isDue ? [] : [{ action: actions[next.kind], details: detailsOf(context, status, next, target) }],
  }
}

const actions: Readonly<Record<EffectKind, RolloutAction>> = {
  create: 'revision-requested',
  retire: 'revision-removal-requested',
  shift: 'split-requested',
  scale: 'scale-requested',
  destroy: 'destroy-requested',
}

/** The changes that the target still needs, the most urgent first. */
function changesDue(context: Context, status: DeploymentStatus): readonly Change[] {
  const { observed, declared } = context
  const { rollout } = status
  if (rollout.phase === 'deleting') {
    const isDone = rollout.emptied === true && observed.revisions.length === 0
    return isDone || declared.usedBy !== undefined ? [] : [{ id: 'destroy', kind: 'destroy' }]
  }
  if (status.revisions.length === 0) {
    const settled =
      observed.revisions.length === 0 || declared.hindered === true || isOnlyLookedAt(status, context)
    return settled ? [] : [{ id: 'destroy', kind: 'destroy' }]
  }
  const creates = status.revisions
    .filter(({ state, revision }) => state === 'requested' && revision.adopted !== true)
    .map(({ revision }) => revision.name)
    .filter((name) => !observed.revisions.some(({ revision }) => revision === name))
    .map((name): Change => ({ id: `create:${name}`, kind: 'create', revision: name }))
  const retires = observed.revisions
    .filter(({ state }) => state !== 'stopping')
    .filter(({ revision }) => !status.revisions.some((each) => each.revision.name === revision))
    .map(({ revision }): Change => ({ id: `retire:${revision}`, kind: 'retire', revision }))
  const changes: Change[] = []
  if (status.split.length > 0 && !splitIsObserved(context, status)) {
    changes.push({
      id: `shift:${status.split.map((each) => `${each.revision}=${each.weight}`).join(',')}`,
      kind: 'shift',
    })
  }
  if (declared.hindered !== true && !scaleIsObserved(context, status)) {
    changes.push({ id: `scale:${declared.spec.scale.min}-${declared.spec.scale.max}`, kind: 'scale' })
  }
  const hasRoom = observed.revisions.length + creates.length <= declared.capabilities.maxRevisions
  return hasRoom ? [...creates, ...changes, ...retires] : [...retires, ...creates, ...changes]
}

/**
 * Whether the loop only looks at the target for now. Leftovers of the desired revision alone are adopted, not
 * destroyed.
 */
function isOnlyLookedAt({ rollout }: DeploymentStatus, { observed, declared }: Context): boolean {
  if (rollout.phase !== 'pending' && rollout.phase !== 'blocked') return false
  const { desired } = declared
  return desired === undefined || observed.revisions.every(({ revision }) => revision === desired.name)
}

/**
 * Until when a change has to wait: infinite where only a look can end the wait. Undefined when it may be sent.
 */
function waitsFor(
  context: Context,
  status: DeploymentStatus,
  { id, kind }: Change,
  known: RequestedChange | undefined,
): number | undefined {
  const { now } = context
  // Each call carries all revisions, so it would create again what the target only fails to show now.
  if (kind !== 'destroy' && status.revisions.some(({ missing }) => missing !== undefined)) return Infinity
  if (known?.notBeforeMs !== undefined && now < known.notBeforeMs) return known.notBeforeMs
  // An accepted create is only waited for, however long the target takes to list it. A candidate has the
  // deadline of its rollout; a stable revision is created once more at the end of the deadline.
  if (kind === 'create' && known?.accepted === true) {
    const endsAtMs = id === `create:${status.stable}` ? givenUpAtMs(context, status) : undefined
    if (endsAtMs === undefined) return Infinity
    if (now < endsAtMs) return endsAtMs
  }
  return kind === 'shift' && raisesUnready(context, status) ? Infinity : undefined
}

/**
 * What was requested and is not seen yet. A create that was accepted stays on the list although it is no
 * longer wanted, so that the loop still finds the revision and removes it when the target lists it late.
 */
function stillOpen(
  { observed, declared, now }: Context,
  { requested }: DeploymentStatus,
  changes: readonly Change[],
): readonly RequestedChange[] {
  const isShown = (name: string): boolean => observed.revisions.some(({ revision }) => revision === name)
  return requested.filter(({ change, accepted, acceptedMs = 0 }) => {
    if (changes.some(({ id }) => id === change)) return true
    const [kind, name = ''] = change.split(':')
    if (kind === 'retire') return isShown(name)
    const late = kind === 'create' && accepted && !isShown(name)
    return late && now < acceptedMs + durationMs(declared.spec.deadline)
  })
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

function handlesStillNeeded(
  { observed }: Context,
  status: DeploymentStatus,
  open: readonly RequestedChange[],
): DeploymentStatus['handles'] {
  return status.handles.filter(
    ({ revision }) =>
      revision === undefined ||
      status.rollout.phase === 'deleting' ||
      status.revisions.some((each) => each.revision.name === revision) ||
      observed.revisions.some((each) => each.revision === revision) ||
      open.some(({ change }) => change === `create:${revision}`),
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
