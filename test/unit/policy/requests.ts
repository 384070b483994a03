import type { InvokeRequest, PromoteRequest } from '../../../src/policy/contract.ts'
import type { Approval as ModelApproval } from '../../../src/registry/contract.ts'
import type { ModelDeployment } from '../../../src/resources/model-deployment.ts'

const deployment: ModelDeployment = {
  apiVersion: 'modelspine.dev/v1alpha1',
  kind: 'ModelDeployment',
  metadata: { name: 'churn', namespace: 'default', labels: { team: 'risk' }, annotations: {} },
  spec: {
    model: { registry: 'memory', name: 'churn', alias: 'champion' },
    target: { name: 'prod', settings: {} },
    runtime: { env: {}, secrets: {}, resources: {} },
    scale: { min: 1, max: 1 },
    strategy: { rolling: { step: 25, every: '0s' } },
    analysis: [],
    policies: [],
    deadline: '30m',
  },
}

export function promotion(approval: ModelApproval = 'approved', percent = 5): PromoteRequest {
  const artifact = { kind: 'files', files: [{ uri: 'file:///models/churn-2' }] } as const
  return {
    action: 'promote',
    actor: { name: 'ana' },
    deployment,
    revision: {
      name: '0123456789',
      model: { registry: 'memory', name: 'churn', version: '2', artifact },
      runtime: deployment.spec.runtime,
      settings: {},
    },
    model: {
      registry: 'memory',
      name: 'churn',
      version: '2',
      artifact,
      approval,
      aliases: ['champion'],
      tags: {},
      createdAtMs: 0,
    },
    percent,
    approvals: [],
  }
}

export function invocation(actor = 'app'): InvokeRequest {
  return {
    action: 'invoke',
    actor: { name: actor },
    route: 'default/churn',
    operation: 'chat',
    requestId: 'r1',
  }
}
