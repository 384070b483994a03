import { Failure, invalid, type Json, notFound } from './vertex-failure.ts'
import type { VertexOperations } from './vertex-operations.ts'
import type { VertexWorld } from './vertex-world.ts'

export interface DeployedModel extends Json {
  id: string
  displayName?: string
  model: string
}

interface Endpoint extends Json {
  name: string
  etag: string
  labels: Record<string, string>
  deployedModels: DeployedModel[]
  trafficSplit: Record<string, number>
}

interface Stored {
  readonly endpoint: Endpoint
  /** What lists show. They lag behind. */
  readonly listedAtMs: number
}

/** The endpoints of one location, with what Vertex refuses and what it lets happen. */
export class VertexEndpoints {
  private readonly world: VertexWorld
  private readonly operations: VertexOperations
  private readonly there = new Map<string, Stored>()
  private readonly gone: { readonly endpoint: Endpoint; readonly untilMs: number }[] = []
  private etags = 0

  constructor(world: VertexWorld, operations: VertexOperations) {
    this.world = world
    this.operations = operations
  }

  get(name: string): Endpoint {
    const found = this.there.get(name)
    if (found === undefined) throw notFound(name)
    return found.endpoint
  }

  show(name: string): Json {
    return shown(this.get(name))
  }

  get all(): readonly Endpoint[] {
    return Array.from(this.there.values(), ({ endpoint }) => endpoint)
  }

  /** As a list shows them: new ones late, and deleted ones a while longer. */
  list(filter: string): readonly Json[] {
    const { nowMs } = this.world
    const [, label = ''] = /^labels\.(\w+):\*$/.exec(filter) ?? []
    if (filter !== '' && label === '') throw invalid(`Invalid filter: ${filter}`)
    const late = this.gone.filter(({ untilMs }) => untilMs > nowMs).map(({ endpoint }) => endpoint)
    return [...this.there.values()]
      .filter(({ listedAtMs }) => listedAtMs <= nowMs)
      .map(({ endpoint }) => endpoint)
      .concat(late)
      .filter(({ labels }) => label === '' || label in labels)
      .map(shown)
  }

  create(parent: string, id: string, given: Json): Json {
    if (!/^([a-z]([a-z0-9-]{0,61}[a-z0-9])?|[1-9]\d{0,8})$/.test(id))
      throw invalid(`Invalid endpoint id: ${id}`)
    if (typeof given.displayName !== 'string' || given.displayName === '')
      throw invalid('display_name is required.')
    const labels = (given.labels ?? {}) as Record<string, string>
    checkLabels(labels)
    const name = `${parent}/endpoints/${id}`
    if (this.there.has(name) || this.operations.isClaimed(name)) {
      throw new Failure('ALREADY_EXISTS', `The resource ${name} already exists.`)
    }
    this.world.note('create', name)
    return this.begin(name, 'CreateEndpointOperationMetadata', name, () => {
      const dns = given.dedicatedEndpointEnabled
        ? `${id}.europe-west4-1234.prediction.vertexai.goog`
        : undefined
      this.put(name, {
        ...given,
        labels,
        deployedModels: [],
        trafficSplit: {},
        ...(dns && { dedicatedEndpointDns: dns }),
      })
      return { '@type': type('Endpoint'), ...shown(this.get(name)) }
    })
  }

  /** What somebody made by hand, at once. */
  put(name: string, more: Partial<Endpoint> = {}): Endpoint {
    const endpoint = {
      displayName: name,
      labels: {},
      deployedModels: [],
      trafficSplit: {},
      ...more,
      name,
      etag: this.nextEtag(),
      createTime: this.world.time,
      updateTime: this.world.time,
    }
    this.there.set(name, { endpoint, listedAtMs: this.world.nowMs + this.world.listLagMs })
    return endpoint
  }

  patch(name: string, updateMask: string, given: Json): Json {
    const endpoint = this.get(name)
    if (given.etag !== undefined && given.etag !== endpoint.etag) {
      throw new Failure('ABORTED', `The etag ${given.etag} is not the newest one of ${name}.`)
    }
    for (const field of updateMask.split(',')) {
      if (field === 'labels') {
        const labels = (given.labels ?? {}) as Record<string, string>
        checkLabels(labels)
        endpoint.labels = labels
      } else if (field === 'trafficSplit') {
        const split = (given.trafficSplit ?? {}) as Record<string, number>
        this.checkSplit(endpoint, split)
        endpoint.trafficSplit = split
        this.world.note('split', name, JSON.stringify(split))
      } else {
        throw invalid(`The field ${field} of the update mask cannot be updated.`)
      }
    }
    this.changed(endpoint)
    return shown(endpoint)
  }

  delete(name: string): Json {
    const endpoint = this.get(name)
    if (endpoint.deployedModels.length > 0) {
      throw new Failure('FAILED_PRECONDITION', `${name} has deployed models: undeploy them first.`)
    }
    this.checkIdle(name)
    this.world.note('delete', name)
    return this.begin(name, 'DeleteOperationMetadata', undefined, () => {
      this.there.delete(name)
      this.gone.push({ endpoint, untilMs: this.world.nowMs + this.world.listLagMs })
      return { '@type': 'type.googleapis.com/google.protobuf.Empty' }
    })
  }

  deploy(name: string, { deployedModel, trafficSplit }: Json): Json {
    const endpoint = this.get(name)
    const given = deployedModel as DeployedModel
    const { id = String(this.world.number()), model } = given
    if (given.id !== undefined && !/^\d{1,10}$/.test(id)) throw invalid(`Invalid deployed model id: ${id}`)
    const taken =
      endpoint.deployedModels.some((each) => each.id === id) || this.operations.isClaimed(`${name}/${id}`)
    if (taken) throw new Failure('ALREADY_EXISTS', `${name} has a deployed model ${id} already.`)
    this.checkIdle(name)
    const version = this.world.models.versionOf(model)
    const { dedicatedResources, automaticResources } = given
    if ((dedicatedResources === undefined) === (automaticResources === undefined)) {
      throw invalid('Exactly one of the prediction resources must be set.')
    }
    const replicas = replicasIn(given)
    this.world.useQuota(replicas.maxReplicaCount)
    this.world.note('deploy', `${name}/${id}`, given.displayName)
    return this.begin(name, 'DeployModelOperationMetadata', `${name}/${id}`, () => {
      const deployed = {
        ...given,
        id,
        modelVersionId: version,
        createTime: this.world.time,
        status: { availableReplicaCount: replicas.minReplicaCount, lastUpdateTime: this.world.time },
      }
      this.world.note('deployed', `${name}/${id}`, given.displayName)
      endpoint.deployedModels = [...endpoint.deployedModels, deployed]
      if (trafficSplit !== undefined) {
        const { 0: own, ...others } = trafficSplit as Record<string, number>
        endpoint.trafficSplit = { ...others, ...(own !== undefined && { [id]: own }) }
      }
      this.changed(endpoint)
      return { '@type': type('DeployModelResponse'), deployedModel: deployed }
    })
  }

  undeploy(name: string, { deployedModelId }: Json): Json {
    const endpoint = this.get(name)
    const id = String(deployedModelId)
    if (!endpoint.deployedModels.some((each) => each.id === id))
      throw notFound(`${name}/deployedModels/${id}`)
    if ((endpoint.trafficSplit[id] ?? 0) > 0) {
      throw new Failure('FAILED_PRECONDITION', `The deployed model ${id} has traffic: take it away first.`)
    }
    this.checkIdle(name)
    this.world.note('undeploy', `${name}/${id}`)
    return this.begin(name, 'UndeployModelOperationMetadata', undefined, () => {
      endpoint.deployedModels = endpoint.deployedModels.filter((each) => each.id !== id)
      const { [id]: _, ...split } = endpoint.trafficSplit
      endpoint.trafficSplit = split
      this.changed(endpoint)
      return { '@type': type('UndeployModelResponse') }
    })
  }

  mutate(name: string, { deployedModel, updateMask }: Json): Json {
    const endpoint = this.get(name)
    const given = deployedModel as DeployedModel
    const found = endpoint.deployedModels.find(({ id }) => id === given.id)
    if (found === undefined) throw notFound(`${name}/deployedModels/${given.id}`)
    const replicas = replicasIn(given)
    for (const path of String(updateMask).split(',')) {
      if (!/^(dedicated|automatic)Resources\.(min|max)ReplicaCount$/.test(path)) {
        throw invalid(`The field ${path} of the update mask cannot be mutated.`)
      }
    }
    this.checkIdle(name)
    this.world.note('scale', `${name}/${given.id}`, JSON.stringify(replicas))
    return this.begin(name, 'MutateDeployedModelOperationMetadata', undefined, () => {
      const part = found.dedicatedResources === undefined ? 'automaticResources' : 'dedicatedResources'
      Object.assign(found[part] as Json, replicas)
      this.changed(endpoint)
      return { '@type': type('MutateDeployedModelResponse'), deployedModel: found }
    })
  }

  /** One of the models that have traffic, by chance. */
  pick(name: string, random: number): DeployedModel {
    const { trafficSplit, deployedModels } = this.get(name)
    let left = random * 100
    for (const [id, weight] of Object.entries(trafficSplit)) {
      left -= weight
      const model = deployedModels.find((each) => each.id === id)
      if (left < 0 && model !== undefined) return model
    }
    throw new Failure('FAILED_PRECONDITION', `Endpoint ${name} doesn't have traffic_split.`)
  }

  private begin(on: string, type: string, claims: string | undefined, end: () => Json): Json {
    const { operationEndsMs: endsAtMs, time } = this.world
    return this.operations.begin({ on, type, endsAtMs, time, end, ...(claims !== undefined && { claims }) })
  }

  /** Vertex changes an endpoint in one operation at a time. */
  private checkIdle(name: string): void {
    if (!this.operations.isRunning(name)) return
    throw new Failure('FAILED_PRECONDITION', `${name} is being changed by another operation.`)
  }

  private checkSplit({ deployedModels }: Endpoint, split: Record<string, number>): void {
    const stranger = Object.keys(split).find((id) => !deployedModels.some((each) => each.id === id))
    if (stranger !== undefined) throw invalid(`The traffic split has ${stranger}, which is not deployed.`)
    const sum = Object.values(split).reduce((total, weight) => total + weight, 0)
    if (Object.keys(split).length > 0 && sum !== 100)
      throw invalid(`The traffic split adds up to ${sum}, not 100.`)
  }

  changed(endpoint: Endpoint): void {
    endpoint.etag = this.nextEtag()
    endpoint.updateTime = this.world.time
  }

  private nextEtag(): string {
    this.etags += 1
    return `etag-${this.etags}`
  }
}

function type(name: string): string {
  return `type.googleapis.com/google.cloud.aiplatform.v1.${name}`
}

/** JSON of protocol buffers has no empty members. */
export function shown(resource: Json): Json {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(structuredClone(resource)).filter(([, value]) => !isEmpty(value)))
}

export function checkLabels(labels: Record<string, string>): void {
  for (const [name, value] of Object.entries(labels)) {
    if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name) || !/^[a-z0-9_-]{0,63}$/.test(value)) {
      throw invalid(`The label ${name}=${value} is invalid.`)
    }
  }
}

function replicasIn({ dedicatedResources, automaticResources }: Json): {
  minReplicaCount: number
  maxReplicaCount: number
} {
  const { minReplicaCount, maxReplicaCount } = (dedicatedResources ?? automaticResources ?? {}) as Record<
    string,
    number
  >
  const min = minReplicaCount ?? 0
  const max = maxReplicaCount ?? min
  if (min < 1 || max < min) throw invalid(`Invalid replica counts: ${min} to ${max}`)
  return { minReplicaCount: min, maxReplicaCount: max }
}
