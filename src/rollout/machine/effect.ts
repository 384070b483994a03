import type {
  DeploymentStatus,
  EffectKind,
  RequestedChange,
} from '../../resources/deployment/deployment-status.ts'
import type { Effect, RolloutAction, RolloutEvent } from './machine-types.ts'
import type { Context } from './transition.ts'
import { raisesUnready, scaleIsObserved, splitIsObserved, wantOf } from './want.ts'

interface Change {
  /** Names the change in `status.requested`, so that it is audited once, however often it is sent. */
  readonly id: string
  readonly kind: EffectKind
  readonly revision?: string
}

/** The one call that brings the target nearer to the status, if any is due. */
export function effectFor(
  context: Context,
  status: DeploymentStatus,
): { readonly status: DeploymentStatus; readonly effect?: Effect; readonly events: readonly RolloutEvent[] } {
  const changes = status.rollout.phase === 'stopped' ? [] : changesDue(context, status)
  const open = status.requested.filter(({ change }) => changes.some(({ id }) => id === change))
  const [next] = changes
  const handles = handlesStillNeeded(context, status)
  // Each call sends the whole want. When the first change has to wait, no other change may overtake it.
  if (next === undefined || hasToWait(context, status, next, open)) {
    return { status: keep(status, open, handles), events: [] }
  }
  const known = open.some(({ change }) => change === next.id)
  const requested = known ? open : [...open, { change: next.id, accepted: false }]
  const target = status.rollout.phase === 'retargeting' ? status.rollout.target : targetOf(context, status)
  const effect: Effect = {
    kind: next.kind,
    change: next.id,
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

/** The changes that the target still needs, the most urgent first. */
function changesDue(context: Context, status: DeploymentStatus): readonly Change[] {
  const { observed, declared } = context
  if (status.revisions.length === 0) {
    const settled = observed.revisions.length === 0 || isOnlyLookedAt(status, context)
    return settled ? [] : [{ id: 'destroy', kind: 'destroy' }]
  }
  const creates = status.revisions
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
  if (!scaleIsObserved(context)) {
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

function hasToWait(
  context: Context,
  status: DeploymentStatus,
  { id, kind }: Change,
  open: readonly RequestedChange[],
): boolean {
  // With random names, a second create could not be told from the first. An accepted create is only waited
  // for.
  if (kind === 'create' && context.declared.capabilities.names === 'random') {
    return open.some(({ change, accepted }) => change === id && accepted)
  }
  return kind === 'shift' && raisesUnready(context, status)
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
