import {
  type Actor,
  type Artifact,
  durationMs,
  type ModelDeployment,
  type ModelReference,
  type ModelRoute,
  type ModelVersion,
  type PolicyRequest,
  publicNames,
  type Revision,
  type RuntimeSettings,
  requestTimeoutOf,
} from 'modelspine/adapter'
import { withoutCredentials } from '../shared/without-credentials.ts'
import {
  bounds,
  type CedarEntity,
  type CedarUid,
  type CedarValue,
  reference,
  textSet,
  whole,
} from './cedar-values.ts'

/**
 * A request as Cedar is asked it, after the schema `cedarSchema`. It has no values of environment variables, no
 * annotations, no settings of targets, no record of the registry's vendor, and no credentials in addresses of files.
 */
export interface CedarRequest {
  readonly principal: CedarUid
  readonly action: CedarUid
  readonly resource: CedarUid
  readonly context: Readonly<Record<string, CedarValue>>
  readonly entities: readonly CedarEntity[]
}

/** Pure. Every member is named here, so that nothing new of a request reaches a policy unseen. */
export function cedarRequest(request: PolicyRequest): CedarRequest {
  const entities: CedarEntity[] = []
  const add: Add = (uid, attrs, { parents = [], tags = {} } = {}) => {
    entities.push({ uid, attrs, parents, tags })
    return uid
  }
  const principal = actorEntity(request.actor, add)
  const { resource, context } = subjectOf(request, add)
  return wellFormed({
    principal,
    action: { type: 'Action', id: request.action },
    resource,
    context,
    entities,
  })
}

type Add = (
  uid: CedarUid,
  attrs: CedarEntity['attrs'],
  more?: { readonly parents?: readonly CedarUid[]; readonly tags?: CedarEntity['tags'] },
) => CedarUid

function subjectOf(request: PolicyRequest, add: Add): Pick<CedarRequest, 'resource' | 'context'> {
  switch (request.action) {
    case 'deploy': {
      const { resource, previous } = request
      const before = previous && { previous: reference(previousEntity(previous, add)) }
      return { resource: resourceEntity(resource, add), context: { ...before } }
    }
    case 'promote': {
      const { actor, deployment, revision, model, weight, approvals } = request
      return {
        resource: resourceEntity(deployment, add),
        context: {
          weight: whole(weight),
          revision: revisionRecord(revision),
          ...(model && { model: reference(modelEntity(model, add)) }),
          approvals: approvalsRecord(approvals),
          approvalsOfOthers: approvalsRecord(approvals.filter(({ name }) => name !== actor.name)),
        },
      }
    }
    case 'invoke': {
      const { route, operation, requestId } = request
      return { resource: nameEntity('RouteName', route, add), context: { operation, requestId } }
    }
    case 'query-data': {
      const { deployment, dataset } = request
      return {
        resource: add({ type: 'Dataset', id: dataset }, { name: dataset }),
        context: { deployment: reference(nameEntity('DeploymentName', deployment, add)) },
      }
    }
    case 'command': {
      const { deployment, command, revision, full = false } = request
      return {
        resource: resourceEntity(deployment, add),
        context: { command, full, ...(revision !== undefined && { revision }) },
      }
    }
    case 'delete': {
      const { resource, force = false } = request
      return { resource: resourceEntity(resource, add), context: { force } }
    }
  }
}

function actorEntity({ name, roles = [] }: Actor, add: Add): CedarUid {
  const names = textSet(roles)
  return add(
    { type: 'Actor', id: name },
    { name, roles: names },
    { parents: names.map((id) => ({ type: 'Role', id })) },
  )
}

function resourceEntity(resource: ModelDeployment | ModelRoute, add: Add): CedarUid {
  const { name, namespace, labels } = resource.metadata
  const spec = resource.kind === 'ModelRoute' ? routeSpec(resource) : deploymentSpec(resource)
  return add(
    { type: resource.kind, id: `${namespace}/${name}` },
    { name, namespace, spec },
    { parents: [{ type: 'Namespace', id: namespace }], tags: labels },
  )
}

/** Of a type of its own: it has the key of the resource, and an entity is there once. */
function previousEntity(previous: ModelDeployment | ModelRoute, add: Add): CedarUid {
  const { name, namespace, labels } = previous.metadata
  const spec =
    previous.kind === 'ModelRoute' ? { route: routeSpec(previous) } : { deployment: deploymentSpec(previous) }
  return add({ type: 'Previous', id: `${namespace}/${name}` }, { name, namespace, ...spec }, { tags: labels })
}

function nameEntity(type: 'DeploymentName' | 'RouteName', key: string, add: Add): CedarUid {
  const slash = key.indexOf('/')
  const namespace = key.slice(0, Math.max(slash, 0))
  return add(
    { type, id: key },
    { name: key.slice(slash + 1), namespace },
    { parents: [{ type: 'Namespace', id: namespace }] },
  )
}

function deploymentSpec({ spec }: ModelDeployment): CedarValue {
  const { model, target, runtime, scale, strategy, analysis, policies, deadline, answerWithin } = spec
  const setAlias = spec.onPromoted?.setAlias
  return {
    model: referenceRecord(model),
    target: { name: target.name },
    runtime: runtimeRecord(runtime),
    scale: { min: whole(scale.min), max: whole(scale.max) },
    strategy: 'rolling' in strategy ? 'rolling' : 'canary' in strategy ? 'canary' : 'blueGreen',
    analysis: textSet(analysis.map(({ name }) => name)),
    policies: textSet(policies),
    deadlineMs: whole(durationMs(deadline)),
    answerWithinMs: whole(durationMs(answerWithin)),
    onPromoted: { ...(setAlias !== undefined && { setAlias }) },
  }
}

function routeSpec({ metadata, spec }: ModelRoute): CedarValue {
  const { operations, backends, fallback, onPolicyError } = spec
  return {
    names: textSet(publicNames({ metadata, spec })),
    operations: textSet(operations),
    backends: backendsRecord(backends),
    fallback: backendsRecord(fallback),
    timeoutMs: whole(durationMs(requestTimeoutOf(spec))),
    onPolicyError,
  }
}

function backendsRecord(backends: ModelRoute['spec']['backends']): CedarValue {
  const hosted = backends.flatMap((each) => ('provider' in each ? [each] : []))
  return {
    deployments: textSet(backends.flatMap((each) => ('deployment' in each ? [each.deployment] : []))),
    providers: textSet(hosted.map(({ provider }) => provider)),
    models: textSet(hosted.map(({ model }) => model)),
  }
}

function referenceRecord(model: ModelReference): CedarValue {
  const { registry } = model
  if ('text' in model) return { registry, text: model.text }
  const { name } = model
  return 'alias' in model
    ? { registry, name, alias: model.alias }
    : { registry, name, version: model.version }
}

function runtimeRecord({ env, secrets, resources }: RuntimeSettings): CedarValue {
  return {
    env: Object.keys(env).sort(),
    secrets: textSet(Object.values(secrets)),
    resources: Object.keys(resources).sort(),
  }
}

function revisionRecord({ name, model, runtime, adopted }: Revision): CedarValue {
  const { registry, version, artifact } = model
  return {
    name,
    adopted: adopted === true,
    model: { registry, name: model.name, version, artifact: artifactRecord(artifact) },
    runtime: runtimeRecord(runtime),
  }
}

function modelEntity(model: ModelVersion, add: Add): CedarUid {
  const { registry, name, version, artifact, approval, aliases, tags, createdAtMs } = model
  const { owner, classification, lineage = {}, metrics = {} } = model
  const { run, commit, datasets = [], parents = [] } = lineage
  return add(
    { type: 'Model', id: 'model' },
    {
      registry,
      name,
      version,
      approval,
      aliases: textSet(aliases),
      createdAtMs: whole(createdAtMs),
      ...(owner !== undefined && { owner }),
      ...(classification !== undefined && { classification }),
      artifact: artifactRecord(artifact),
      lineage: {
        ...(run !== undefined && { run }),
        ...(commit !== undefined && { commit }),
        datasets: textSet(datasets.map(withoutCredentials)),
        parents: textSet(parents),
      },
      metrics: reference(add({ type: 'Metrics', id: 'metrics' }, {}, { tags: boundsOf(metrics) })),
    },
    { tags },
  )
}

/** A metric that is no finite number is left out, so that it meets no limit. */
function boundsOf(metrics: Readonly<Record<string, number>>): CedarEntity['tags'] {
  const known = Object.entries(metrics).filter(([, value]) => Number.isFinite(value))
  return Object.fromEntries(known.map(([name, value]) => [name, bounds(value)]))
}

function artifactRecord(artifact: Artifact): CedarValue {
  const { kind } = artifact
  if (artifact.kind === 'hosted') {
    return { kind, files: [], provider: artifact.provider, model: artifact.model }
  }
  return { kind, files: textSet(artifact.files.map(({ uri }) => withoutCredentials(uri))) }
}

function approvalsRecord(approvals: readonly Actor[]): CedarValue {
  const names = textSet(approvals.map(({ name }) => name))
  return { count: names.length, names, roles: textSet(approvals.flatMap(({ roles = [] }) => roles)) }
}

/** A text that is no Unicode gets the usual sign in its place. Cedar reads nothing of a question that has one. */
function wellFormed<Value>(value: Value): Value
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => wellFormed(each))
  const members = Object.entries(value).map(([name, each]) => [name.toWellFormed(), wellFormed(each)])
  return Object.fromEntries(members)
}
