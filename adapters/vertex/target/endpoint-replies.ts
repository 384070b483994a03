import { z } from 'zod'

type Maybe<Value> = Value | null | undefined

interface Replicas {
  readonly minReplicaCount?: Maybe<number>
  readonly maxReplicaCount?: Maybe<number>
}

export interface DeployedModelReply {
  readonly id: string
  readonly displayName?: Maybe<string>
  readonly dedicatedResources?: Maybe<Replicas>
  readonly automaticResources?: Maybe<Replicas>
  readonly status?: Maybe<{
    readonly message?: Maybe<string>
    readonly availableReplicaCount?: Maybe<number>
  }>
}

/** What the target reads of an endpoint. */
export interface VertexEndpointReply {
  readonly name: string
  readonly etag?: Maybe<string>
  readonly labels?: Maybe<Readonly<Record<string, string>>>
  readonly deployedModels?: Maybe<readonly DeployedModelReply[]>
  readonly trafficSplit?: Maybe<Readonly<Record<string, number>>>
  readonly dedicatedEndpointEnabled?: Maybe<boolean>
  readonly dedicatedEndpointDns?: Maybe<string>
}

interface EndpointPage {
  readonly endpoints?: Maybe<readonly Pick<VertexEndpointReply, 'name' | 'labels'>[]>
  readonly nextPageToken?: Maybe<string>
}

/** What the target's check reads of a model. */
interface ModelReply {
  readonly supportedDeploymentResourcesTypes?: Maybe<readonly string[]>
}

const text = z.string().nullish()
const count = z.number().nullish()
const labels = z.record(z.string(), z.string()).nullish()
const replicas = z.object({ minReplicaCount: count, maxReplicaCount: count }).nullish()

export const endpointReply: z.ZodType<VertexEndpointReply> = z.object({
  name: z.string(),
  etag: text,
  labels,
  deployedModels: z
    .array(
      z.object({
        id: z.string(),
        displayName: text,
        dedicatedResources: replicas,
        automaticResources: replicas,
        status: z.object({ message: text, availableReplicaCount: count }).nullish(),
      }),
    )
    .nullish(),
  trafficSplit: z.record(z.string(), z.number()).nullish(),
  dedicatedEndpointEnabled: z.boolean().nullish(),
  dedicatedEndpointDns: text,
})

export const endpointPage: z.ZodType<EndpointPage> = z.object({
  endpoints: z.array(z.object({ name: z.string(), labels })).nullish(),
  nextPageToken: text,
})

export const modelReply: z.ZodType<ModelReply> = z.object({
  supportedDeploymentResourcesTypes: z.array(z.string()).nullish(),
})
