import type { Revision, Scale } from 'modelspine/adapter'
import { googlePath, resourcePath } from '../../shared/google/resource-path.ts'
import type { VendorRequest } from '../../shared/vendor-client.ts'
import { labelNames } from './fence-labels.ts'
import { deployedModelIdOf } from './target-names.ts'
import { settingsOf, type VertexSettings } from './target-settings.ts'

/** Percents by the ids of DeployedModels. They add up to 100, or there are none. */
export type TrafficSplit = Readonly<Record<string, number>>

type Labels = Readonly<Record<string, string>>

export function readEndpointRequest(endpoint: string): VendorRequest {
  return { method: 'GET', path: `/v1/${resourcePath(endpoint)}` }
}

export function listEndpointsRequest(parent: string, pageToken: string | undefined): VendorRequest {
  return {
    method: 'GET',
    path: `/v1/${resourcePath(parent)}/endpoints`,
    query: { filter: `labels.${labelNames.name}:*`, pageSize: 100, pageToken },
  }
}

export function createEndpointRequest(
  parent: string,
  endpointId: string,
  endpoint: Readonly<Record<string, unknown>> & { readonly displayName: string; readonly labels: Labels },
): VendorRequest {
  return {
    method: 'POST',
    path: `/v1/${resourcePath(parent)}/endpoints`,
    query: { endpointId },
    body: endpoint,
  }
}

/** Both refuse to write over what somebody else wrote since the etag was read. */
export function writeLabelsRequest(
  endpoint: string,
  etag: string | undefined,
  labels: Labels,
): VendorRequest {
  return patchRequest(endpoint, 'labels', { etag, labels })
}

export function writeSplitRequest(
  endpoint: string,
  etag: string | undefined,
  trafficSplit: TrafficSplit,
): VendorRequest {
  return patchRequest(endpoint, 'trafficSplit', { etag, trafficSplit })
}

function patchRequest(
  endpoint: string,
  updateMask: string,
  body: Readonly<Record<string, unknown>>,
): VendorRequest {
  return { method: 'PATCH', path: `/v1/${resourcePath(endpoint)}`, query: { updateMask }, body }
}

export function deleteEndpointRequest(endpoint: string): VendorRequest {
  return { method: 'DELETE', path: `/v1/${resourcePath(endpoint)}` }
}

/** Without a split: it stays as it is, and is a step of its own, because only then its etag is checked. */
export function deployRequest(endpoint: string, revision: Revision, scale: Scale): VendorRequest {
  const { artifact } = revision.model
  const settings = settingsOf(revision.settings)
  const { serviceAccount, checkpoint, accessLogging, containerLogging, explanations } = settings
  return verbRequest(endpoint, 'deployModel', {
    deployedModel: {
      id: deployedModelIdOf(revision.name),
      displayName: revision.name,
      model: artifact.kind === 'hosted' ? artifact.model : undefined,
      ...resources(settings, scale),
      serviceAccount,
      checkpointId: checkpoint,
      enableAccessLogging: accessLogging,
      disableContainerLogging: containerLogging === undefined ? undefined : !containerLogging,
      disableExplanations: explanations === undefined ? undefined : !explanations,
    },
  })
}

function resources(settings: VertexSettings, { min, max }: Scale): Readonly<Record<string, unknown>> {
  const replicas = { minReplicaCount: min, maxReplicaCount: max }
  if (settings.resources === 'automatic') return { automaticResources: replicas }
  const { machineType, accelerator, gpuPartitionSize, tpuTopology, spot, autoscaling } = settings
  return {
    dedicatedResources: {
      ...replicas,
      machineSpec: {
        machineType,
        acceleratorType: accelerator?.type,
        acceleratorCount: accelerator && (accelerator.count ?? 1),
        gpuPartitionSize,
        tpuTopology,
      },
      spot,
      autoscalingMetricSpecs:
        autoscaling && Object.entries(autoscaling).map(([metricName, target]) => ({ metricName, target })),
    },
  }
}

/** Vertex refuses it for a DeployedModel that has traffic. */
export function undeployRequest(endpoint: string, deployedModelId: string): VendorRequest {
  return verbRequest(endpoint, 'undeployModel', { deployedModelId })
}

export function scaleRequest(
  endpoint: string,
  deployedModelId: string,
  resources: 'dedicatedResources' | 'automaticResources',
  { min, max }: Scale,
): VendorRequest {
  return verbRequest(endpoint, 'mutateDeployedModel', {
    deployedModel: { id: deployedModelId, [resources]: { minReplicaCount: min, maxReplicaCount: max } },
    updateMask: `${resources}.minReplicaCount,${resources}.maxReplicaCount`,
  })
}

function verbRequest(endpoint: string, verb: string, body: unknown): VendorRequest {
  return { method: 'POST', path: `/v1/${resourcePath(endpoint)}:${verb}`, body }
}

export function readOperationRequest(operation: string): VendorRequest {
  return { method: 'GET', path: `/v1/${resourcePath(operation)}` }
}

export function listOperationsRequest(endpoint: string, pageToken: string | undefined): VendorRequest {
  return {
    method: 'GET',
    path: `/v1/${resourcePath(endpoint)}/operations`,
    query: { pageSize: 100, pageToken },
  }
}

export function readModelRequest(model: string): VendorRequest {
  return { method: 'GET', path: `/v1/${resourcePath(model)}` }
}

export function endpointName(parent: string, id: string): string {
  return `${parent}/endpoints/${googlePath`${id}`}`
}
