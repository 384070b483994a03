import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { admissionWebhook } from '../../simulators/kserve/admission-webhook.ts'
import {
  type KserveSimulator,
  type KserveSimulatorOptions,
  kserveSimulator,
} from '../../simulators/kserve/kserve-simulator.ts'
import { type KubeReply, kubeCall } from '../servers/kube-apiserver/kube-call.ts'
import type { KubeAddress } from '../servers/kube-apiserver.ts'

export interface KserveWorld {
  readonly namespace: string
  readonly simulator: KserveSimulator
  /** One request as the administrator. */
  ask(
    ...call: Parameters<typeof kubeCall> extends [unknown, ...infer Rest] ? Rest : never
  ): Promise<KubeReply>
  close(): Promise<void>
}

export const servicesOf = (namespace: string): string =>
  `/apis/serving.kserve.io/v1beta1/namespaces/${namespace}/inferenceservices`

/** A namespace of its own on the shared Kubernetes API, in which the simulator plays KServe, with its webhook. */
export async function kserveWorld(
  address: KubeAddress,
  namespace: string,
  options: Partial<KserveSimulatorOptions> = {},
): Promise<KserveWorld> {
  const ask: KserveWorld['ask'] = (...call) => kubeCall(address, ...call)
  const create = async (path: string, body: object): Promise<void> => {
    const reply = await ask('POST', path, { type: 'application/json', body: JSON.stringify(body) })
    if (reply.status !== 201)
      throw new Error(`${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
  }
  await create('/api/v1/namespaces', { metadata: { name: namespace } })
  await grantDocumentedRole(create, namespace)
  const webhook = await admissionWebhook()
  const webhooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
  await create(webhooks, webhook.configuration(namespace))
  const simulator = await kserveSimulator({ ...address, namespace, ...options })
  return {
    namespace,
    simulator,
    ask,
    async close() {
      await simulator.stop()
      await ask('DELETE', `${webhooks}/kserve-${namespace}`)
      await webhook.close()
    },
  }
}

type Create = (path: string, body: object) => Promise<void>

/** The role as it stands in the documentation, for the user `modelspine`. */
async function grantDocumentedRole(create: Create, namespace: string): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
  await create(`${rbac}/roles`, await documentedRole(namespace))
  await create(`${rbac}/rolebindings`, {
    metadata: { name: 'modelspine' },
    subjects: [{ kind: 'User', name: 'modelspine', apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { kind: 'Role', name: 'modelspine', apiGroup: 'rbac.authorization.k8s.io' },
  })
}

export interface Role {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** The role of docs/adapters/kserve.md. */
export async function documentedRole(namespace: string): Promise<Role> {
  const page = await readFile(join(import.meta.dirname, '../../../docs/adapters/kserve.md'), 'utf8')
  const [, text] = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(page) ?? []
  if (text === undefined) throw new Error('docs/adapters/kserve.md has no role')
  const role = parse(text) as Role
  return { ...role, metadata: { ...role.metadata, namespace } }
}
