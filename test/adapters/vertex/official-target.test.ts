import { describe, expect, it } from 'vitest'
import type { VendorRequest } from '../../../adapters/shared/vendor-client.ts'
import {
  createEndpointRequest,
  deleteEndpointRequest,
  deployRequest,
  listEndpointsRequest,
  listOperationsRequest,
  readEndpointRequest,
  readModelRequest,
  readOperationRequest,
  scaleRequest,
  undeployRequest,
  writeLabelsRequest,
  writeSplitRequest,
} from '../../../adapters/vertex/target/endpoint-requests.ts'
import type { VertexSettings } from '../../../adapters/vertex/target/target-settings.ts'
import { officialVertex } from '../../simulators/vertex/vertex-simulator.ts'
import { location, projectId } from '../../simulators/vertex/vertex-world.ts'
import { planted, problemsOf } from './planted.ts'
import { modelName, revision } from './revision.ts'

const parent = `projects/${projectId}/locations/${location}`
const endpoint = `${parent}/endpoints/ms-churn-0123456789`
const scale = { min: 1, max: 4 }

const full: VertexSettings = {
  resources: 'dedicated',
  machineType: 'g2-standard-8',
  accelerator: { type: 'NVIDIA_L4', count: 1 },
  gpuPartitionSize: '1g.10gb',
  tpuTopology: '2x2x1',
  spot: true,
  autoscaling: { 'aiplatform.googleapis.com/prediction/online/cpu/utilization': 80 },
  serviceAccount: 'server@my-team.iam.gserviceaccount.com',
  checkpoint: '3',
  accessLogging: true,
  containerLogging: false,
  explanations: false,
}
const deploy = deployRequest(endpoint, revision(3, { settings: { ...full } }), scale)
const made = {
  displayName: 'default/churn',
  labels: { modelspine_name: 'churn' },
  dedicatedEndpointEnabled: true,
  encryptionSpec: { kmsKeyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' },
  network: 'projects/1/global/networks/n',
}

type Plant = readonly [at: string, value: unknown]

/** Each builder, an unknown member in it, and a value that its member does not take. */
const builders: readonly (readonly [string, VendorRequest, Plant, Plant])[] = [
  [
    'endpoints.create',
    createEndpointRequest(parent, 'ms-churn', made),
    ['encryptionSpec.key', 'k'],
    ['labels.n', 1],
  ],
  ['endpoints.patch', writeLabelsRequest(endpoint, 'e', { a: 'b' }), ['label', {}], ['labels.a', 1]],
  [
    'endpoints.patch',
    writeSplitRequest(endpoint, 'e', { 1: 100 }),
    ['trafficSplits', {}],
    ['trafficSplit.1', 'all'],
  ],
  [
    'endpoints.deployModel',
    deploy,
    ['deployedModel.dedicatedResources.minReplicas', 1],
    ['deployedModel.dedicatedResources.machineSpec.acceleratorType', 'NVIDIA_L5'],
  ],
  ['endpoints.undeployModel', undeployRequest(endpoint, '1'), ['id', '1'], ['deployedModelId', 1]],
  [
    'endpoints.mutateDeployedModel',
    scaleRequest(endpoint, '1', 'dedicatedResources', scale),
    ['deployedModel.scale', 1],
    ['deployedModel.dedicatedResources.minReplicaCount', '1'],
  ],
]

const bodiless: readonly (readonly [string, VendorRequest])[] = [
  ['endpoints.get', readEndpointRequest(endpoint)],
  ['endpoints.list', listEndpointsRequest(parent, 'token')],
  ['endpoints.delete', deleteEndpointRequest(endpoint)],
  ['endpoints.operations.get', readOperationRequest(`${endpoint}/operations/1`)],
  ['endpoints.operations.list', listOperationsRequest(endpoint, 'token')],
  ['models.get', readModelRequest(`${modelName}@3`)],
]

describe.skipIf(officialVertex() === undefined)('the requests of vertexTarget', () => {
  it('fit the official description, and with one wrong member they do not', () => {
    for (const [operation, request, [unknown, value], [member, wrong]] of builders) {
      expect(problemsOf(operation, request), operation).toEqual([])
      expect(problemsOf(operation, planted(request, unknown, value)), `${operation} ${unknown}`).not.toEqual(
        [],
      )
      expect(problemsOf(operation, planted(request, member, wrong)), `${operation} ${member}`).not.toEqual([])
    }
  })

  it('without a body fit too, and with another path, a body or a parameter more they do not', () => {
    for (const [operation, request] of bodiless) {
      expect(problemsOf(operation, request), operation).toEqual([])
      const others: readonly Partial<VendorRequest>[] = [
        { path: `${request.path}/more` },
        { body: {} },
        { query: { ...request.query, more: 'x' } },
      ]
      for (const other of others)
        expect(problemsOf(operation, { ...request, ...other }), operation).not.toEqual([])
    }
  })

  it('have every setting, and what is left out is not sent', () => {
    const { deployedModel } = JSON.parse(JSON.stringify(deploy.body)) as { deployedModel: object }
    expect(deployedModel).toEqual({
      id: expect.stringMatching(/^[1-9]\d{9}$/),
      displayName: 'a3b2c3d4e5',
      model: `${modelName}@3`,
      dedicatedResources: {
        minReplicaCount: 1,
        maxReplicaCount: 4,
        machineSpec: {
          machineType: 'g2-standard-8',
          acceleratorType: 'NVIDIA_L4',
          acceleratorCount: 1,
          gpuPartitionSize: '1g.10gb',
          tpuTopology: '2x2x1',
        },
        spot: true,
        autoscalingMetricSpecs: [
          { metricName: 'aiplatform.googleapis.com/prediction/online/cpu/utilization', target: 80 },
        ],
      },
      serviceAccount: 'server@my-team.iam.gserviceaccount.com',
      checkpointId: '3',
      enableAccessLogging: true,
      disableContainerLogging: true,
      disableExplanations: true,
    })
    const least = deployRequest(endpoint, revision(1, { settings: { resources: 'automatic' } }), scale)
    expect(JSON.parse(JSON.stringify(least.body))).toEqual({
      deployedModel: {
        id: expect.any(String),
        displayName: 'a1b2c3d4e5',
        model: `${modelName}@1`,
        automaticResources: { minReplicaCount: 1, maxReplicaCount: 4 },
      },
    })
    expect(problemsOf('endpoints.deployModel', least)).toEqual([])
  })
})
