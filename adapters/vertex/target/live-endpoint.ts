import type { Key, Scale } from 'modelspine/adapter'
import type { DeployedModelReply, VertexEndpointReply } from './endpoint-replies.ts'
import { type Owner, ownerIn } from './fence-labels.ts'
import { deployedModelIdOf, foreignName } from './target-names.ts'

/** An endpoint as Vertex has it. */
export interface VertexEndpoint {
  readonly name: string
  readonly etag: string | undefined
  readonly labels: Readonly<Record<string, string>>
  readonly owner: Owner | undefined
  readonly models: readonly LiveModel[]
  /** The host name of its own, where it has one. */
  readonly host: string | undefined
}

export interface LiveModel {
  readonly id: string
  readonly revision: string
  /** Whether this target deployed it. */
  readonly isOurs: boolean
  readonly weight: number
  readonly resources: 'dedicatedResources' | 'automaticResources' | undefined
  readonly scale: Scale | undefined
  /** Why nothing of it serves. */
  readonly trouble: string | undefined
}

export function liveOf(name: string, reply: VertexEndpointReply): VertexEndpoint {
  const labels = reply.labels ?? {}
  const split = reply.trafficSplit ?? {}
  return {
    name,
    etag: reply.etag || undefined,
    labels,
    owner: ownerIn(labels, name),
    models: (reply.deployedModels ?? []).map((model) => modelOf(model, split[model.id] ?? 0)),
    host: reply.dedicatedEndpointEnabled ? reply.dedicatedEndpointDns || undefined : undefined,
  }
}

function modelOf(reply: DeployedModelReply, weight: number): LiveModel {
  const { id, displayName, dedicatedResources, automaticResources } = reply
  const isOurs = displayName != null && deployedModelIdOf(displayName) === id
  const resources = dedicatedResources
    ? 'dedicatedResources'
    : automaticResources
      ? 'automaticResources'
      : undefined
  return {
    id,
    revision: isOurs ? displayName : foreignName(id),
    isOurs,
    weight,
    resources,
    scale: scaleOf(dedicatedResources ?? automaticResources),
    trouble: troubleOf(reply),
  }
}

/** Without a maximum, the minimum is both. */
function scaleOf(replicas: DeployedModelReply['dedicatedResources']): Scale | undefined {
  if (!replicas) return undefined
  const min = replicas.minReplicaCount ?? 1
  return { min, max: replicas.maxReplicaCount || min }
}

/** JSON leaves out a count of zero. A status without a message may just not be known yet. */
function troubleOf({ status }: DeployedModelReply): string | undefined {
  return status?.message && !status.availableReplicaCount ? status.message : undefined
}

/** Whether the endpoint belongs to another deployment, or to none. */
export function belongsTo({ owner }: VertexEndpoint, key: Key): boolean {
  return owner?.key === key
}
