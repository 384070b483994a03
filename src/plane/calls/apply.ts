import { isModelspineError, ModelspineError } from '../../errors.ts'
import { sha256 } from '../../hash.ts'
import { canonicalJson } from '../../json.ts'
import type { Decision, PolicyRequest } from '../../policy/contract.ts'
import { type Checked, checkAgainst } from '../../resources/check-resource.ts'
import type { ModelDeployment, ModelDeploymentInput } from '../../resources/deployment/model-deployment.ts'
import { modelDeploymentSchema } from '../../resources/deployment/model-deployment-schema.ts'
import { formatReference } from '../../resources/deployment/reference.ts'
import {
  type Actor,
  type Key,
  keyFrom,
  keyOf,
  type MetadataInput,
  splitKey,
} from '../../resources/metadata.ts'
import { withUnknownNames } from '../../resources/plane-names.ts'
import { invalidResource } from '../../resources/problems/problem.ts'
import type { Resource } from '../../resources/resource.ts'
import { backendKey, type ModelRoute, type ModelRouteInput } from '../../resources/route/model-route.ts'
import { modelRouteSchema } from '../../resources/route/model-route-schema.ts'
import { fieldsOf } from '../../resources/schema-checks.ts'
import { policyDetails } from '../../rollout/machine/moves/permit.ts'
import { boundedEntry } from '../../security/bounded-entry.ts'
import type { AuditEntry } from '../../security/contract.ts'
import type { Kind, StoredObject } from '../../store/contract.ts'
import { ifUnreadable } from '../../store/if-unreadable.ts'
import type { ControlContext } from '../control-context.ts'
import type { PlaneAction } from '../events.ts'
import { checkDeployable } from './check-deployable.ts'
import { checkGates } from './check-gates.ts'
import { checkRoute } from './check-route.ts'

/** Keeps a deleted deployment in the store until the loop has emptied its target. */
export const targetFinalizer = 'modelspine.dev/target'

export type ResourceInput = ModelDeploymentInput | ModelRouteInput

/** Every call that changes something says who asks. */
export interface AskedBy {
  readonly actor: Actor
}

export interface DeclareOptions extends AskedBy {
  /** For policies and people. Modelspine does not interpret them. */
  readonly labels?: Readonly<Record<string, string>>
  /** For tools. Modelspine does not interpret them. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** The metadata of a resource whose name is written as `name` or `namespace/name`. */
export function metadataOf(name: string, { labels, annotations }: DeclareOptions): MetadataInput {
  return {
    ...splitKey(keyFrom(name)),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
  }
}

export interface Applied {
  readonly kind: Kind
  readonly key: Key
  readonly generation: number
  /** `unchanged`: the same resource was declared before, so nothing was written. */
  readonly change: 'created' | 'updated' | 'unchanged'
}

/**
 * The resource with its defaults. Throws `invalid-resource`, which also lists names that the plane does not
 * have.
 */
export function normalize({ names }: Pick<ControlContext, 'names'>, input: ResourceInput): Resource {
  const checked: Checked<Resource> = isRoute(input)
    ? checkAgainst(modelRouteSchema(), input)
    : checkAgainst(modelDeploymentSchema(), input)
  if (checked.ok) return checked.resource
  throw invalidResource(withUnknownNames(checked.problems, names, input).map(({ problem }) => problem))
}

/** Whatever a program passes, also without types: the schema tells the rest. */
function isRoute(input: ResourceInput): input is ModelRouteInput {
  const { kind, spec } = fieldsOf(input)
  return kind === 'ModelRoute' || (kind === undefined && fieldsOf(spec).backends !== undefined)
}

/**
 * Why this plane cannot run the resource; empty when it can. A route may name a deployment that does not
 * exist yet.
 */
export async function problemsOf(context: ControlContext, resource: Resource): Promise<readonly string[]> {
  if (resource.kind === 'ModelRoute') return checkRoute(context, resource as ModelRoute)
  const deployment = resource as ModelDeployment
  return [...checkDeployable(context, deployment), ...checkGates(deployment.spec, context.metrics)]
}

/**
 * The loop may write the status at the same time. Then the policy is asked again, because it saw an older
 * object.
 */
const mostTries = 20

/** Validates, asks the policies and stores. The audit record is committed with the resource. */
export async function applyResource(
  context: ControlContext,
  input: ResourceInput,
  { actor }: AskedBy,
): Promise<Applied> {
  const resource = normalize(context, input)
  const key = keyOf(resource.metadata)
  const problems = await problemsOf(context, resource)
  if (problems.length > 0) {
    throw new ModelspineError(
      'plan-refused',
      `${resource.kind} ${key} cannot run here:\n  ${problems.join('\n  ')}`,
      { details: { key, problems } },
    )
  }
  for (let tries = 1; ; tries += 1) {
    let before: StoredObject | null = null
    try {
      before = await context.store.get(resource.kind, key)
    } catch (error) {
      ifUnreadable(error)
    }
    if (before?.deletion !== undefined) {
      throw new ModelspineError(
        'conflict',
        `${resource.kind} ${key} is being deleted; apply it again when it is gone`,
      )
    }
    const decision = await askToDeploy(context, resource, before, actor)
    if (decision.verdict !== 'allow') throw refused(`applying ${resource.kind} ${key}`, decision)
    try {
      return await put(context, resource, before, actor, decision)
    } catch (error) {
      if (!isModelspineError(error, 'conflict') || tries === mostTries) throw error
    }
  }
}

async function put(
  context: ControlContext,
  resource: Resource,
  before: StoredObject | null,
  actor: Actor,
  decision: Decision,
): Promise<Applied> {
  const action = resource.kind === 'ModelRoute' ? 'route-applied' : 'deployment-applied'
  const details = { ...described(resource), ...policyDetails(decision) }
  let written = false
  const stored = await context.store.putSpec(resource, {
    actor,
    nowMs: context.clock.now(),
    uid: context.clock.id(),
    expect: before?.version ?? 'absent',
    ...(resource.kind === 'ModelDeployment' && { finalizers: [targetFinalizer] }),
    events: (next) => {
      written = true
      return [entryOf(context, next, action, actor, details)]
    },
  })
  if (written) context.committed(stored, [{ action, details, actor }])
  const change = !written ? 'unchanged' : before === null ? 'created' : 'updated'
  return { kind: stored.kind, key: stored.key, generation: stored.generation, change }
}

export function askToDeploy(
  context: ControlContext,
  resource: Resource,
  before: StoredObject | null,
  actor: Actor,
): Promise<Decision> {
  const request: PolicyRequest = {
    action: 'deploy',
    actor,
    resource,
    ...(before !== null && { previous: before.resource }),
  }
  return context.decide(request)
}

function refused(what: string, { verdict, findings }: Decision): ModelspineError {
  const reasons = findings.map(({ policy, rule, message }) => `${policy}/${rule}: ${message}`)
  const code = verdict === 'error' ? 'policy-error' : 'policy-denied'
  const why = reasons.length === 0 ? 'no policy allows it' : reasons.join('; ')
  return new ModelspineError(code, `${what} is refused: ${why}`, { details: { findings } })
}

function described(resource: Resource): Readonly<Record<string, unknown>> {
  const digest = sha256(canonicalJson(resource.spec))
  return resource.kind === 'ModelDeployment'
    ? { specDigest: digest, model: formatReference((resource as ModelDeployment).spec.model) }
    : { specDigest: digest, backends: (resource as ModelRoute).spec.backends }
}

export interface RemoveOptions extends AskedBy {
  /** Default `ModelDeployment`. */
  readonly kind?: Kind
}

/**
 * Marks a resource for deletion. Throws `in-use` for a deployment that a route refers to: delete the route
 * first.
 */
export async function removeResource(
  context: ControlContext,
  name: string,
  { actor, kind = 'ModelDeployment' }: RemoveOptions,
): Promise<void> {
  const key = keyFrom(name)
  const stored = await context.store.get(kind, key).catch(ifUnreadable)
  if (stored === null) throw new ModelspineError('not-found', `there is no ${kind} ${key}`)
  if (kind === 'ModelDeployment') await refuseWhileRouted(context, key)
  const action: PlaneAction = kind === 'ModelRoute' ? 'route-deleted' : 'deployment-deleted'
  let marked: StoredObject | undefined
  const left = await context.store.delete(kind, key, {
    actor,
    nowMs: context.clock.now(),
    events: (next) => {
      marked = next
      return [entryOf(context, next, action, actor, {})]
    },
  })
  if (marked !== undefined) context.committed(left ?? marked, [{ action, details: {}, actor }])
}

async function refuseWhileRouted(context: ControlContext, key: Key): Promise<void> {
  for await (const { resource, key: route } of context.store.list('ModelRoute')) {
    const { spec, metadata } = resource as ModelRoute
    const refers = [...spec.backends, ...spec.fallback].some(
      (backend) => 'deployment' in backend && backendKey(backend, metadata.namespace) === key,
    )
    if (refers) {
      throw new ModelspineError(
        'in-use',
        `deployment ${key} is a backend of route ${route}; change or delete the route first`,
        {
          details: { key, route },
        },
      )
    }
  }
}

function entryOf(
  { clock }: ControlContext,
  stored: StoredObject,
  action: PlaneAction,
  actor: Actor,
  details: Readonly<Record<string, unknown>>,
): AuditEntry {
  const { kind, key, uid, generation } = stored
  return boundedEntry({
    id: clock.id(),
    atMs: clock.now(),
    actor,
    action,
    kind,
    key,
    uid,
    generation,
    details,
  })
}
