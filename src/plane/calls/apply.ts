import { isModelspineError, ModelspineError } from '../../errors.ts'
import { sha256 } from '../../hash.ts'
import { canonicalJson } from '../../json.ts'
import type { Decision, PolicyRequest } from '../../policy/contract.ts'
import { traceOf } from '../../policy/decision-trace.ts'
import { type Checked, checkAgainst } from '../../resources/check-resource.ts'
import type { ModelDeploymentInput } from '../../resources/deployment/model-deployment.ts'
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
import { type ModelRouteInput, publicNames } from '../../resources/route/model-route.ts'
import { modelRouteSchema } from '../../resources/route/model-route-schema.ts'
import { fieldsOf } from '../../resources/schema-checks.ts'
import { policyDetails } from '../../rollout/machine/moves/permit.ts'
import type { Kind } from '../../store/contract.ts'
import { ifUnreadable } from '../../store/if-unreadable.ts'
import type { TypedObject } from '../../store/typed-store.ts'
import type { ControlContext } from '../control-context.ts'
import { PolicyQuestion } from './ask-policies.ts'
import { entryOf } from './audit-entry.ts'
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
  if (resource.kind === 'ModelRoute') return checkRoute(context, resource)
  return [...checkDeployable(context, resource), ...checkGates(resource.spec, context.metrics)]
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
  const change = (): Promise<Applied> => applyNormalized(context, resource, actor)
  if (resource.kind !== 'ModelRoute') return change()
  return context.routeNames.inTurn(publicNames(resource), change)
}

async function applyNormalized(context: ControlContext, resource: Resource, actor: Actor): Promise<Applied> {
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
    let before: TypedObject | null = null
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
    const decision = await new PolicyQuestion(context).ask(
      deployRequest(resource, before, actor),
      `applying ${resource.kind} ${key}`,
    )
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
  before: TypedObject | null,
  actor: Actor,
  decision: Decision,
): Promise<Applied> {
  const action = resource.kind === 'ModelRoute' ? 'route-applied' : 'deployment-applied'
  const details = { ...described(resource), ...policyDetails(traceOf(decision)) }
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

/** The question to the policies before a declared resource is stored. */
export function deployRequest(resource: Resource, before: TypedObject | null, actor: Actor): PolicyRequest {
  return { action: 'deploy', actor, resource, ...(before !== null && { previous: before.resource }) }
}

function described(resource: Resource): Readonly<Record<string, unknown>> {
  const digest = sha256(canonicalJson(resource.spec))
  return resource.kind === 'ModelDeployment'
    ? { specDigest: digest, model: formatReference(resource.spec.model) }
    : { specDigest: digest, backends: resource.spec.backends }
}
