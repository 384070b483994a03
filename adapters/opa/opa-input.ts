import {
  type Actor,
  type Artifact,
  type CommandRequest,
  type DeleteRequest,
  type DeployRequest,
  type InvokeRequest,
  type Lineage,
  type ModelDeployment,
  type ModelRoute,
  type ModelVersion,
  type PolicyRequest,
  type PromoteRequest,
  publicNames,
  type QueryDataRequest,
  type Revision,
  type RuntimeSettings,
  requestTimeoutOf,
} from 'modelspine/adapter'
import { withoutCredentials } from '../shared/without-credentials.ts'

/**
 * What a Rego policy reads as `input`: the request with the names that it has in our resources, and less of it.
 * Decision logs may send it elsewhere. So it holds no values of environment variables, no annotations, no record of
 * the registry's vendor, and no credentials in addresses of files.
 *
 * `version` rises when a member changes its meaning or goes away. A new member does not raise it.
 */
export type OpaInput = { readonly version: 1; readonly actor: OpaActor } & (
  | OpaDeployInput
  | OpaPromoteInput
  | Omit<InvokeRequest, 'actor'>
  | Omit<QueryDataRequest, 'actor'>
  | OpaCommandInput
  | OpaDeleteInput
)

export interface OpaDeployInput extends Pick<DeployRequest, 'action'> {
  readonly resource: OpaResource
  readonly previous?: OpaResource
}

export interface OpaPromoteInput extends Pick<PromoteRequest, 'action' | 'weight'> {
  readonly deployment: OpaDeployment
  readonly revision: OpaRevision
  readonly model?: OpaModel
  readonly approvals: readonly OpaActor[]
}

export interface OpaCommandInput extends Pick<CommandRequest, 'action' | 'command' | 'revision'> {
  readonly deployment: OpaDeployment
  readonly full: boolean
}

export interface OpaDeleteInput extends Pick<DeleteRequest, 'action'> {
  readonly resource: OpaResource
  readonly force: boolean
}

export type OpaActor = Required<Actor>

export type OpaResource = OpaDeployment | OpaRoute

export interface OpaDeployment extends Omit<ModelDeployment, 'metadata' | 'spec'> {
  readonly metadata: OpaMetadata
  readonly spec: Omit<ModelDeployment['spec'], 'runtime'> & { readonly runtime: OpaRuntime }
}

/** `names` are those that callers write, declared or not. */
export interface OpaRoute extends Omit<ModelRoute, 'metadata' | 'spec'> {
  readonly metadata: OpaMetadata
  readonly spec: ModelRoute['spec'] & { readonly names: readonly string[] }
}

export type OpaMetadata = Omit<ModelDeployment['metadata'], 'annotations'>

/** `env` has the sorted names of the variables, and `secrets` the references. */
export type OpaRuntime = Omit<RuntimeSettings, 'env'> & { readonly env: readonly string[] }

export type OpaRevision = Omit<Revision, 'runtime'> & { readonly runtime: OpaRuntime }

export type OpaModel = Omit<ModelVersion, 'raw'>

/** Pure. Every member is named here, so that nothing new of a request leaves the process unseen. */
export function opaInput(request: PolicyRequest): OpaInput {
  const common = { version: 1, actor: actorInput(request.actor) } as const
  switch (request.action) {
    case 'deploy': {
      const { action, resource, previous } = request
      return {
        ...common,
        action,
        resource: resourceInput(resource),
        ...(previous && { previous: resourceInput(previous) }),
      }
    }
    case 'promote': {
      const { action, deployment, revision, model, weight, approvals } = request
      return {
        ...common,
        action,
        deployment: deploymentInput(deployment),
        revision: revisionInput(revision),
        ...(model && { model: modelInput(model) }),
        weight,
        approvals: approvals.map(actorInput),
      }
    }
    case 'invoke': {
      const { action, route, operation, requestId } = request
      return { ...common, action, route, operation, requestId }
    }
    case 'query-data': {
      const { action, deployment, dataset } = request
      return { ...common, action, deployment, dataset }
    }
    case 'command': {
      const { action, deployment, command, revision, full = false } = request
      return {
        ...common,
        action,
        deployment: deploymentInput(deployment),
        command,
        ...(revision !== undefined && { revision }),
        full,
      }
    }
    case 'delete': {
      const { action, resource, force = false } = request
      return { ...common, action, resource: resourceInput(resource), force }
    }
  }
}

/**
 * The input as it is sent. A text that is no Unicode gets the sign that OPA's server would put there; compiled policies
 * break off at such a text.
 */
export function opaInputText(request: PolicyRequest): string {
  return JSON.stringify(opaInput(request), (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  )
}

function actorInput({ name, roles = [] }: Actor): OpaActor {
  return { name, roles }
}

function resourceInput(resource: ModelDeployment | ModelRoute): OpaResource {
  return resource.kind === 'ModelRoute' ? routeInput(resource) : deploymentInput(resource)
}

function deploymentInput({ apiVersion, kind, metadata, spec }: ModelDeployment): OpaDeployment {
  const { model, target, runtime, scale, strategy, analysis, policies, deadline, answerWithin } = spec
  const { onPromoted, falseAlarms } = spec
  return {
    apiVersion,
    kind,
    metadata: metadataInput(metadata),
    spec: {
      model,
      target,
      runtime: runtimeInput(runtime),
      scale,
      strategy,
      analysis,
      ...(falseAlarms !== undefined && { falseAlarms }),
      policies,
      deadline,
      answerWithin,
      ...(onPromoted !== undefined && { onPromoted: { setAlias: onPromoted.setAlias } }),
    },
  }
}

function routeInput({ apiVersion, kind, metadata, spec }: ModelRoute): OpaRoute {
  const { operations, backends, fallback, onPolicyError } = spec
  return {
    apiVersion,
    kind,
    metadata: metadataInput(metadata),
    spec: {
      names: publicNames({ metadata, spec }),
      operations,
      backends,
      fallback,
      timeout: requestTimeoutOf(spec),
      onPolicyError,
    },
  }
}

function metadataInput({ name, namespace, labels }: ModelDeployment['metadata']): OpaMetadata {
  return { name, namespace, labels }
}

function runtimeInput({ env, secrets, resources }: RuntimeSettings): OpaRuntime {
  return { env: Object.keys(env).sort(), secrets, resources }
}

function revisionInput({ name, model, runtime, settings, adopted }: Revision): OpaRevision {
  const { registry, version, artifact } = model
  return {
    name,
    model: { registry, name: model.name, version, artifact: artifactInput(artifact) },
    runtime: runtimeInput(runtime),
    settings,
    ...(adopted && { adopted }),
  }
}

function modelInput(version: ModelVersion): OpaModel {
  const { registry, name, artifact, approval, aliases, tags, createdAtMs } = version
  const { owner, classification, signature, lineage, metrics } = version
  return {
    registry,
    name,
    version: version.version,
    artifact: artifactInput(artifact),
    approval,
    aliases,
    tags,
    createdAtMs,
    ...(owner !== undefined && { owner }),
    ...(classification !== undefined && { classification }),
    ...(signature && { signature }),
    ...(lineage && { lineage: lineageInput(lineage) }),
    ...(metrics && { metrics: finite(metrics) }),
  }
}

function artifactInput(artifact: Artifact): Artifact {
  if (artifact.kind === 'hosted') {
    const { kind, provider, model } = artifact
    return { kind, provider, model }
  }
  const files = artifact.files.map(({ uri, digest }) => ({
    uri: withoutCredentials(uri),
    ...(digest !== undefined && { digest }),
  }))
  return { kind: artifact.kind, files }
}

function lineageInput({ run, datasets, parents, commit }: Lineage): Lineage {
  return {
    ...(run !== undefined && { run }),
    ...(datasets && { datasets: datasets.map(withoutCredentials) }),
    ...(parents && { parents }),
    ...(commit !== undefined && { commit }),
  }
}

/**
 * JSON would write null for the other numbers, and in Rego null is less than every number: an error rate that is
 * not known would be below every limit. A metric that is left out meets no limit.
 */
function finite(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
}
