import type { TargetPlan } from '../../deployment-target/contract.ts'
import { messageOf } from '../../errors.ts'
import { isRecord, sameJson } from '../../json.ts'
import type { Decision } from '../../policy/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Duration } from '../../resources/duration.ts'
import { type Actor, type Key, keyOf } from '../../resources/metadata.ts'
import type { GatePrice } from '../../rollout/gates/price/gate-price.ts'
import { priceRollout } from '../../rollout/gates/price/price-rollout.ts'
import type { Permit } from '../../rollout/machine/machine-types.ts'
import { servingPlacement } from '../../rollout/machine/placement.ts'
import {
  heldRevision,
  initialStatus,
  knownOf,
  splitOf,
  weightOf,
} from '../../rollout/machine/status-edits.ts'
import { type Step, stepsOf } from '../../rollout/machine/strategy-steps.ts'
import { type Resolved, resolveModel } from '../../rollout/shell/resolve-model.ts'
import type { Kind } from '../../store/contract.ts'
import type { ControlContext } from '../control-context.ts'
import { type AskedBy, deployRequest, normalize, problemsOf, type ResourceInput } from './apply.ts'
import { warnUncallable } from './check-callable.ts'
import { warnOfModel, warnOfRoute } from './plan-warnings.ts'

/** What `apply` would change, and why. Planning changes nothing. */
export interface Plan {
  readonly kind: Kind
  readonly key: Key
  readonly change: 'create' | 'update' | 'none'
  /** Paths below `spec` whose values differ from the stored ones. */
  readonly fields: readonly string[]
  /** Why this plane would refuse the resource; empty when it would accept it. */
  readonly problems: readonly string[]
  /**
   * What the plane accepts and what will not do what it seems to do: a gate that cannot see anything in its time, a model
   * or a deployment that is not there, a revision or an operation that nobody here can be asked for.
   */
  readonly warnings: readonly string[]
  readonly policy: Pick<Decision, 'verdict' | 'findings'>
  readonly rollout?: PlannedRollout
}

export interface PlannedRollout {
  readonly model: string
  /** The revision that the loop would want; absent when the reference cannot be resolved. */
  readonly revision?: string
  /** The revision that serves now. */
  readonly stable?: string
  /** The steps in order, for people. Empty when the wanted revision is already stable. */
  readonly steps: readonly string[]
  /** The steps that the target itself would take. */
  readonly target: readonly string[]
  /** Warnings of the target’s vendor, or why it could not be asked. Absent when there is nothing to say. */
  readonly notes?: readonly string[]
  /** What the policies say of creating the revision now; absent when no revision would be created. */
  readonly promotion?: Pick<Permit, 'verdict' | 'message'>
  /** How much traffic each gate needs in each step. Empty when no gate would be read. */
  readonly gates: readonly GatePrice[]
}

export async function planResource(
  context: ControlContext,
  input: ResourceInput,
  { actor }: AskedBy,
): Promise<Plan> {
  const resource = normalize(context, input)
  const key = keyOf(resource.metadata)
  const before = await context.store.get(resource.kind, key)
  const fields = before === null ? [] : changedFields('spec', before.resource.spec, resource.spec)
  const labelsOnly =
    before !== null && fields.length === 0 && !sameJson(before.resource.metadata, resource.metadata)
  const problems = [...(await problemsOf(context, resource))]
  if (before?.deletion !== undefined) {
    problems.push(`${resource.kind} ${key} is being deleted; apply it again when it is gone`)
  }
  const { verdict, findings } = await context.decide(deployRequest(resource, before, actor))
  const warnings: string[] = []
  let rollout: PlannedRollout | undefined
  if (resource.kind === 'ModelRoute') warnings.push(...(await warnOfRoute(context, resource)))
  else rollout = await planRollout(context, key, resource, before?.status, problems, warnings, actor)
  return {
    kind: resource.kind,
    key,
    change: before === null ? 'create' : fields.length > 0 || labelsOnly ? 'update' : 'none',
    fields: labelsOnly ? ['metadata'] : fields,
    problems,
    warnings: [...warnings, ...(rollout?.gates.flatMap((gate) => gate.warnings) ?? [])],
    policy: { verdict, findings },
    ...(rollout !== undefined && { rollout }),
  }
}

async function planRollout(
  context: ControlContext,
  key: Key,
  deployment: ModelDeployment,
  known: DeploymentStatus | undefined,
  problems: string[],
  warnings: string[],
  actor: Actor,
): Promise<PlannedRollout> {
  const { spec } = deployment
  const status = known ?? initialStatus(context.clock.now())
  const abortSignal = new AbortController().signal
  const registry = context.registries[spec.model.registry]
  const resolved = await resolveModel(registry, spec, status, abortSignal)
  const notes: string[] = []
  const target = await planTarget(context, key, spec, status, resolved, problems, notes)
  warnings.push(...(await warnUncallable(context, deployment, status, resolved.desired)))
  // A registry that the plane does not have is a problem already.
  if (registry !== undefined)
    warnings.push(...(await warnOfModel(registry, resolved, spec.model, abortSignal)))
  const steps = describeSteps(spec, status, resolved.desired?.name)
  const promotion =
    steps.length === 0 ? undefined : await planPromotion(context, deployment, status, resolved, actor)
  const waitsForApproval =
    promotion?.verdict === 'approval-required'
      ? [`wait for an approval; after ${spec.answerWithin} without it, turn back`]
      : []
  return {
    model:
      resolved.kind === 'resolved'
        ? `${resolved.from} is version ${resolved.version.version}`
        : resolved.message,
    ...(resolved.desired !== undefined && { revision: resolved.desired.name }),
    ...(status.stable !== undefined && { stable: status.stable }),
    steps: [...waitsForApproval, ...steps],
    target,
    ...(notes.length > 0 && { notes }),
    ...(promotion !== undefined && { promotion }),
    gates: await priceGates(context, key, spec, status, resolved.desired?.name),
  }
}

async function priceGates(
  context: ControlContext,
  deployment: Key,
  spec: ModelDeployment['spec'],
  status: DeploymentStatus,
  desired: string | undefined,
): Promise<readonly GatePrice[]> {
  const { stable, trafficSinceMs } = status
  if (stable === undefined || !takesSteps(spec, status, desired) || spec.analysis.length === 0) return []
  const weight = weightOf(splitOf(status), stable)
  const nowMs = context.clock.now()
  const prices = await priceRollout(spec, {
    deployment,
    stable,
    weight,
    ...(trafficSinceMs !== undefined && { trafficSinceMs }),
    sources: context.metrics,
    nowMs,
  })
  return prices.map((price) => ({
    ...price,
    message: context.knownSecrets.scrubText(deployment, price.message),
  }))
}

async function planPromotion(
  context: ControlContext,
  deployment: ModelDeployment,
  { approvals }: DeploymentStatus,
  resolved: Resolved,
  actor: Actor,
): Promise<PlannedRollout['promotion']> {
  const { desired } = resolved
  if (desired === undefined) return undefined
  const given = approvals.filter(({ revision }) => revision === desired.name)
  const { verdict, message } = await context.permit(
    {
      action: 'promote',
      actor,
      deployment,
      revision: desired,
      weight: 0,
      approvals: given.map((each) => each.actor),
      ...(resolved.kind === 'resolved' && { model: resolved.version }),
    },
    given,
  )
  return { verdict, message }
}

async function planTarget(
  context: ControlContext,
  key: Key,
  spec: ModelDeployment['spec'],
  status: DeploymentStatus,
  resolved: Resolved,
  problems: string[],
  notes: string[],
): Promise<readonly string[]> {
  const target = context.targets[spec.target.name]
  const { desired } = resolved
  if (target === undefined || desired === undefined) return []
  const here = movesFrom(spec, status) === undefined ? servingPlacement(status) : undefined
  const stable = here && status.stable
  const others = (here?.revisions ?? [])
    .filter(({ revision }) => revision === stable && revision !== desired.name)
    .map(({ revision }) => heldRevision(status, revision))
  const split = [{ revision: stable ?? desired.name, weight: 100 }]
  const want = { revisions: [...others, desired], split, scale: spec.scale }
  const clean = (text: string): string => context.knownSecrets.scrubText(key, text)
  const refuses = (reason: string, message: string): void => {
    problems.push(`spec.target "${spec.target.name}" refuses: ${reason}: ${message}`)
  }
  let plan: TargetPlan
  try {
    plan = target.plan(want, await target.observe(key, knownOf(status, here)))
  } catch (error) {
    problems.push(`spec.target "${spec.target.name}" could not be asked: ${clean(messageOf(error))}`)
    return []
  }
  if (plan.kind === 'refused') {
    // The plane has said so already, with the field.
    const isKnown =
      plan.reason === 'ScaleUnsupported' && problems.some((each) => each.startsWith('spec.scale'))
    if (!isKnown) refuses(plan.reason, plan.message)
    return []
  }
  try {
    const checked = await target.check?.(key, want)
    if (checked?.kind === 'refused') refuses(checked.reason, checked.message)
    else notes.push(...(checked?.warnings ?? []))
  } catch (error) {
    notes.push(`target "${spec.target.name}" could not check this: ${clean(messageOf(error))}`)
  }
  return plan.steps
}

/** The target that the deployment leaves; undefined when it stays where it is. */
function movesFrom({ target }: ModelDeployment['spec'], status: DeploymentStatus): string | undefined {
  const from = servingPlacement(status)?.target
  return from === target.name ? undefined : from
}

/** Whether the rollout to the wanted revision takes the steps of the strategy. */
function takesSteps(
  spec: ModelDeployment['spec'],
  status: DeploymentStatus,
  desired: string | undefined,
): boolean {
  const { stable, aborted } = status
  return (
    desired !== undefined &&
    stable !== undefined &&
    desired !== stable &&
    movesFrom(spec, status) === undefined &&
    !aborted.some(({ revision }) => revision === desired)
  )
}

function describeSteps(
  spec: ModelDeployment['spec'],
  status: DeploymentStatus,
  desired: string | undefined,
): readonly string[] {
  const aborted = status.aborted.find(({ revision }) => revision === desired)
  if (aborted !== undefined) {
    return [
      `nothing until somebody calls retry, because the revision was aborted (${aborted.cause}: ${aborted.message})`,
    ]
  }
  const from = movesFrom(spec, status)
  const { onPromoted } = spec
  const told = onPromoted === undefined ? [] : [`point alias ${onPromoted.setAlias} to its version`]
  if (desired === undefined) return []
  if (from === undefined && desired === status.stable) {
    const { alias } = status
    return alias?.revision === desired && alias.alias === onPromoted?.setAlias ? [] : told
  }
  if (from !== undefined) {
    return [
      `start the revision at target ${spec.target.name}, while target ${from} serves`,
      'give it all traffic when it is ready there',
      ...told,
      `remove everything from target ${from}`,
    ]
  }
  if (status.stable === undefined) {
    return [
      'start the revision',
      'give it all traffic when it is ready, because there is no revision to compare it with',
      ...told,
    ]
  }
  return [
    'start the revision beside the stable one',
    ...stepsOf(spec).map((step) => describeStep(step, spec.answerWithin)),
    ...told,
    'remove what it replaced',
  ]
}

function describeStep(step: Step, answerWithin: Duration): string {
  switch (step.kind) {
    case 'weight':
      return `give it ${step.weight} % of traffic`
    case 'pause':
      return step.forMs === undefined
        ? `wait for promote; after ${answerWithin} without it, turn back`
        : `wait ${step.forMs / 1000} s`
    case 'analyze':
      return `measure ${step.gates.join(', ')} for ${step.forMs / 1000} s`
  }
}

function changedFields(path: string, before: unknown, after: unknown): readonly string[] {
  if (sameJson(before, after)) return []
  if (!isRecord(before) || !isRecord(after)) return [path]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => changedFields(`${path}.${name}`, before[name], after[name]))
}
