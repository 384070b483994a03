import type {
  CommandRequest,
  DeleteRequest,
  DeployRequest,
  InvokeRequest,
  PromoteRequest,
  QueryDataRequest,
} from '../policy/contract.ts'
import type { ModelVersion } from '../registry/contract.ts'
import type { ModelDeployment } from '../resources/deployment/model-deployment.ts'

/**
 * Complete requests of each action. Their parameters are the facts that policies read most often. For kits
 * and tests.
 */
export interface PolicyRequests {
  deploy(labels?: Readonly<Record<string, string>>): DeployRequest
  promote(approval?: ModelVersion['approval'], weight?: number): PromoteRequest
  invoke(actor?: string, roles?: readonly string[]): InvokeRequest
  queryData(dataset?: string): QueryDataRequest
  command(command?: CommandRequest['command'], roles?: readonly string[]): CommandRequest
  delete(roles?: readonly string[], labels?: Readonly<Record<string, string>>): DeleteRequest
}

export const policyRequests: PolicyRequests = {
  deploy: (labels = { team: 'risk' }) => ({ action: 'deploy', actor, resource: deployment(labels) }),
  promote: (approval = 'approved', weight = 5) => ({
    action: 'promote',
    actor,
    deployment: deployment({ team: 'risk' }),
    revision: {
      name: '0123456789',
      model: { registry: 'memory', name: 'churn', version: '2', artifact },
      runtime: { env: {}, secrets: {}, resources: {} },
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
      createdAtMs: 1_767_225_600_000,
    },
    weight,
    approvals: [],
  }),
  invoke: (name = 'app', roles = []) => ({
    action: 'invoke',
    actor: { name, roles },
    route: 'default/churn',
    operation: 'chat',
    requestId: 'request-1',
  }),
  queryData: (dataset = 'customers') => ({
    action: 'query-data',
    actor,
    deployment: 'default/churn',
    dataset,
  }),
  command: (command = 'promote', roles = ['data-science']) => ({
    action: 'command',
    actor: { name: 'ana', roles },
    deployment: deployment({ team: 'risk' }),
    command,
    revision: '0123456789',
  }),
  delete: (roles = ['data-science'], labels = { team: 'risk' }) => ({
    action: 'delete',
    actor: { name: 'ana', roles },
    resource: deployment(labels),
  }),
}

const actor = { name: 'ana', roles: ['data-science'] }

const artifact = {
  kind: 'files',
  files: [{ uri: 'file:///models/churn-2', digest: `sha256:${'0'.repeat(64)}` }],
} as const

function deployment(labels: Readonly<Record<string, string>>): ModelDeployment {
  return {
    apiVersion: 'modelspine.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: 'churn', namespace: 'default', labels, annotations: {} },
    spec: {
      model: { registry: 'memory', name: 'churn', alias: 'champion' },
      target: { name: 'prod', settings: {} },
      runtime: { env: {}, secrets: {}, resources: {} },
      scale: { min: 1, max: 1 },
      strategy: { rolling: { step: 25, every: '0s' } },
      analysis: [],
      policies: [],
      deadline: '30m',
      answerWithin: '7d',
    },
  }
}
