import type {
  DeploymentStatus,
  EffectKind,
  Placement,
  RequestedChange,
} from '../../../resources/deployment/deployment-status.ts'
import type { Effect, RolloutAction, RolloutEvent } from '../machine-types.ts'
import { newPlacement, putPlacement, servingPlacement, targetOf } from '../placement.ts'
import { heldRevision, splitAt } from '../status-edits.ts'
import { type Context, routersKnowAtMs } from '../transition.ts'
import { givenUpAtMs, sentAgainAtMs, shownWithinMs } from './effect-outcome.ts'
import type { Site } from './site.ts'
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

/** The one call that brings the target that serves nearer to the status, if any is due. */
export function effectHere(context: Context, status: DeploymentStatus): Chosen {
  const target = targetOf(context.declared, status)
  const at = servingPlacement(status) ?? newPlacement(target, 'serving', context.now)
  return effectFor(context, { status, at, split: splitAt(status, target) })
}

/** The one call that brings a target nearer to its placement, if any is due. */
export function effectFor(context: Context, site: Site): Chosen {
  const { status, at } = site
  const changes = status.rollout.phase === 'stopped' ? [] : changesDue(context, site)
  const open = stillOpen(context, at, changes)
  const [next] = changes
  const handles = handlesStillNeeded(context, site, open)
  // Each call sends the whole want. When the first change has to wait, no other change may overtake it.
  const known = open.find(({ change }) => change === next?.id)
  const waitsUntilMs = next === undefined ? undefined : waitsFor(context, site, next, known)
  if (next === undefined || waitsUntilMs !== undefined) {
    return {
      status: keep(site, open, handles),
      events: [],
      ...(waitsUntilMs !== undefined && Number.isFinite(waitsUntilMs) && { atMs: waitsUntilMs }),
    }
  }
  const isDue = open.some(({ change }) => change === next.id)
  const requested = isDue ? open : [...open, { change: next.id, accepted: false }]
  const effect: Effect = {
    kind: next.kind,
    change: next.id,
    target: at.target,
    ...(next.revision !== undefined && { revision: next.revision }),
    ...(next.kind !== 'destroy' && { want: wantOf(context, site) }),
  }
  return {
    status: keep(site, requested, handles),
    effect,
    events: isDue ? [] : [{ action: actions[next.kind], details: detailsOf(context, site, next) }],
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
function changesDue(context: Context, site: Site): readonly Change[] {
  const { observed, declared } = context
  const { status, at, split } = site
  const { rollout } = status
  if (rollout.phase === 'deleting') {
    const isDone = rollout.emptied === true && observed.revisions.length === 0
    return isDone || declared.usedBy !== undefined ? [] : [{ id: 'destroy', kind: 'destroy' }]
  }
  if (at.revisions.length === 0) {
    const settled =
      observed.revisions.length === 0 || declared.hindered === true || isOnlyLookedAt(status, context)
    return settled ? [] : [{ id: 'destroy', kind: 'destroy' }]
  }
  const creates = at.revisions
    .filter(({ state, revision }) => state === 'requested' && heldRevision(status, revision).adopted !== true)
    .map(({ revision }) => revision)
    .filter((name) => !observed.revisions.some(({ revision }) => revision === name))
    .map((name): Change => ({ id: `create:${name}`, kind: 'create', revision: name }))
  const retires = observed.revisions
    .filter(({ state }) => state !== 'stopping')
    .filter(({ revision }) => !at.revisions.some((each) => each.revision === revision))
    .map(({ revision }): Change => ({ id: `retire:${revision}`, kind: 'retire', revision }))
  const changes: Change[] = []
  if (split.length > 0 && !splitIsObserved(context, split)) {
    changes.push({
      id: `shift:${split.map((each) => `${each.revision}=${each.weight}`).join(',')}`,
      kind: 'shift',
    })
  }
  if (declared.hindered !== true && !scaleIsObserved(context, site)) {
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
  { status, at, split }: Site,
  { id, kind, revision }: Change,
  known: RequestedChange | undefined,
): number | undefined {
  const { now } = context
  // Each call carries all revisions, so it would create again what the target only fails to show now.
  if (kind !== 'destroy' && at.revisions.some(({ missing }) => missing !== undefined)) return Infinity
  const knownAtMs = routersKnowAtMs(context, status)
  if (kind === 'destroy' && now < knownAtMs) return knownAtMs
  if (known?.notBeforeMs !== undefined && now < known.notBeforeMs) return known.notBeforeMs
  // An accepted create is waited for until the target surely lists it. What is not there by then needs another call.
  // Where the target does not tell when, or another create could make a second revision, a candidate has the deadline
  // of its rollout, and a stable revision is created once more at the end of the deadline.
  if (kind === 'create' && known?.accepted === true) {
    const endsAtMs =
      id === `create:${status.stable}`
        ? givenUpAtMs(context, status.stable, at)
        : sentAgainAtMs(context, known, requestedAtMs(at, revision) ?? now)
    if (endsAtMs === undefined) return Infinity
    if (now < endsAtMs) return endsAtMs
  }
  return kind === 'shift' && raisesUnready(context, split) ? Infinity : undefined
}

function requestedAtMs({ revisions }: Placement, name: string | undefined): number | undefined {
  return revisions.find(({ revision }) => revision === name)?.sinceMs
}

/**
 * What was requested and is not seen yet. A create that was accepted stays on the list although it is no
 * longer wanted, so that the loop still finds the revision and removes it when the target lists it late.
 */
function stillOpen(
  { observed, declared, now }: Context,
  { requested }: Placement,
  changes: readonly Change[],
): readonly RequestedChange[] {
  const isShown = (name: string): boolean => observed.revisions.some(({ revision }) => revision === name)
  return requested.filter(({ change, accepted, acceptedMs = 0 }) => {
    if (changes.some(({ id }) => id === change)) return true
    const [kind, name = ''] = change.split(':')
    if (kind === 'retire') return isShown(name)
    const late = kind === 'create' && accepted && !isShown(name)
    return late && now < acceptedMs + shownWithinMs(declared)
  })
}

function detailsOf(
  { declared }: Context,
  { at: { target }, split }: Site,
  { kind, revision }: Change,
): Readonly<Record<string, unknown>> {
  return {
    target,
    ...(revision !== undefined && { revision }),
    ...(kind === 'shift' && { split }),
    ...(kind === 'scale' && { scale: declared.spec.scale }),
  }
}

/** All handles, as long as anything of the deployment is or may be at the target. */
function handlesStillNeeded(
  { observed }: Context,
  { status, at }: Site,
  open: readonly RequestedChange[],
): Placement['handles'] {
  const mayHold =
    at.revisions.length > 0 ||
    observed.revisions.length > 0 ||
    open.length > 0 ||
    status.rollout.phase === 'deleting' ||
    status.rollout.phase === 'stopped'
  return mayHold || at.handles.length === 0 ? at.handles : []
}

function keep(
  { status, at }: Site,
  requested: Placement['requested'],
  handles: Placement['handles'],
): DeploymentStatus {
  const same =
    requested.length === at.requested.length &&
    requested.every((each, place) => each === at.requested[place]) &&
    handles.length === at.handles.length
  return same ? status : putPlacement(status, { ...at, requested, handles })
}
