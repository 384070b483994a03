import { canonicalJson, type Decision, type Obligation, type PolicyRequest } from 'modelspine/adapter'
import { policyRequests } from 'modelspine/testing'

/** A request, and what the policies of examples/policies decide. */
export interface PolicyCase {
  readonly name: string
  readonly request: PolicyRequest
  readonly verdict: Decision['verdict']
  /** `rule (level): message` of each finding. */
  readonly findings?: readonly string[]
  readonly obligations?: readonly Obligation[]
}

const { deploy, promote, invoke, queryData, command } = policyRequests
const ana = { name: 'ana', roles: ['risk'] }
const ben = { name: 'ben', roles: ['support'] }
const boss = { name: 'boss', roles: ['release'] }

const sound = promote()
const churn = deploy().resource
const model = {
  registry: 'mlflow',
  name: 'churn',
  version: '2',
  artifact: { kind: 'files', files: [{ uri: 's3://models/churn/2' }] },
  approval: 'approved',
  aliases: [],
  tags: {},
  createdAtMs: 1_767_225_600_000,
  lineage: { run: 'r-17' },
  metrics: { accuracy: 0.93, error_rate: 0.02 },
} as const

/** A promotion that nothing speaks against. */
const good = { ...sound, actor: ana, model }
const measured = (metrics: Readonly<Record<string, number>>): PolicyRequest => ({
  ...good,
  model: { ...model, metrics },
})
const limits = 'error_rate is 0.2 and must be at most 0.05'
const { lineage: _, ...untraced } = model
const { metrics: __, ...unmeasured } = model
const { model: ___, ...unreached } = good

/** The deployment of the kit with other labels, variables or target. */
function changed({
  labels = churn.metadata.labels,
  env = {},
  target = 'prod',
}: {
  readonly labels?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly target?: string
}): (typeof sound)['deployment'] {
  const { deployment } = sound
  return {
    ...deployment,
    metadata: { ...deployment.metadata, labels },
    spec: {
      ...deployment.spec,
      target: { name: target, settings: {} },
      runtime: { ...deployment.spec.runtime, env },
    },
  }
}

const route = {
  apiVersion: 'modelspine.dev/v1alpha1',
  kind: 'ModelRoute',
  metadata: { name: 'churn', namespace: 'default', labels: { team: 'risk' }, annotations: {} },
  spec: {
    operations: ['infer'],
    backends: [{ deployment: 'churn', weight: 1 }],
    fallback: [],
    timeout: '60s',
    onPolicyError: 'deny',
  },
} as const

const cap = { kind: 'cap-tokens', maxOutputTokens: 1024 } as const
const approval = { kind: 'approval', by: ['risk'], notAuthor: true } as const
const redaction = { kind: 'redact', entities: ['email', 'phone'] } as const

export const policyCases: readonly PolicyCase[] = [
  { name: 'a sound promotion by the team', request: good, verdict: 'allow' },
  { name: 'a sound promotion by release', request: { ...good, actor: boss }, verdict: 'allow' },
  {
    name: 'a promotion by another team',
    request: { ...good, actor: ben },
    verdict: 'deny',
    findings: ['may-promote (hard): ben has neither the role release nor that of the team'],
  },
  {
    name: 'a promotion by somebody without roles',
    request: { ...good, actor: { name: 'eve' } },
    verdict: 'deny',
    findings: ['may-promote (hard): eve has neither the role release nor that of the team'],
  },
  ...(['pending', 'rejected', 'unknown'] as const).map(
    (state): PolicyCase => ({
      name: `a model that is ${state}`,
      request: { ...good, model: { ...model, approval: state } },
      verdict: 'deny',
      findings: [`approved-models-only (hard): churn is ${state} in its registry`],
    }),
  ),
  {
    name: 'a model whose registry is away',
    request: unreached,
    verdict: 'deny',
    findings: [
      'approved-models-only (hard): churn is unknown in its registry',
      'evaluation (hard): accuracy was not measured; error_rate was not measured',
      'has-lineage (soft): nobody knows which run trained it',
    ],
  },
  {
    name: 'metrics at their limits',
    request: measured({ accuracy: 0.9, error_rate: 0.05 }),
    verdict: 'allow',
  },
  {
    name: 'metrics beyond their limits',
    request: measured({ accuracy: 0.81, error_rate: 0.2 }),
    verdict: 'deny',
    findings: [`evaluation (hard): accuracy is 0.81 and must be at least 0.9; ${limits}`],
  },
  {
    name: 'a metric that is no number',
    request: measured({ accuracy: 0.95, error_rate: Number.NaN }),
    verdict: 'deny',
    findings: ['evaluation (hard): error_rate was not measured'],
  },
  {
    name: 'a model without metrics',
    request: { ...good, model: unmeasured },
    verdict: 'deny',
    findings: ['evaluation (hard): accuracy was not measured; error_rate was not measured'],
  },
  {
    name: 'a model without lineage',
    request: { ...good, model: untraced },
    verdict: 'deny',
    findings: ['has-lineage (soft): nobody knows which run trained it'],
  },
  { name: 'all traffic', request: { ...good, weight: 100 }, verdict: 'allow', obligations: [approval] },
  {
    name: 'personal data elsewhere',
    request: { ...good, model: { ...model, classification: 'pii' } },
    verdict: 'deny',
    findings: ['classification (hard): a model with pii may not run at prod'],
  },
  {
    name: 'personal data in its place',
    request: { ...good, model: { ...model, classification: 'pii' }, deployment: changed({ target: 'eu' }) },
    verdict: 'allow',
  },
  {
    name: 'a classification without a rule',
    request: { ...good, model: { ...model, classification: 'internal' } },
    verdict: 'allow',
  },
  { name: 'a data set of the team', request: { ...queryData(), actor: ana }, verdict: 'allow' },
  {
    name: 'a data set of another team',
    request: { ...queryData(), actor: ben },
    verdict: 'deny',
    findings: ['readers (hard): ben may not read customers'],
  },
  {
    name: 'a data set that nobody listed',
    request: { ...queryData('payroll'), actor: ana },
    verdict: 'deny',
    findings: ['readers (hard): ana may not read payroll'],
  },
  {
    name: 'embeddings',
    request: { ...queryData('embeddings/support'), actor: ben },
    verdict: 'allow',
    obligations: [redaction],
  },
  {
    name: 'embeddings that nobody listed',
    request: { ...queryData('embeddings/payroll'), actor: ben },
    verdict: 'deny',
    findings: ['readers (hard): ben may not read embeddings/payroll'],
    obligations: [redaction],
  },
  { name: 'a chat', request: invoke('app', ['model-caller']), verdict: 'allow', obligations: [cap] },
  {
    name: 'tensors',
    request: { ...invoke('app', ['model-caller']), operation: 'infer' },
    verdict: 'allow',
  },
  {
    name: 'a chat of a guest',
    request: invoke('visitor', ['guest']),
    verdict: 'allow',
    obligations: [cap, { kind: 'guardrail', name: 'prompt-injection' }],
  },
  {
    name: 'a chat of somebody unknown',
    request: invoke('eve'),
    verdict: 'deny',
    findings: ['callers (hard): eve may call no model'],
    obligations: [cap],
  },
  { name: 'a declaration', request: deploy(), verdict: 'allow' },
  { name: 'a route', request: { action: 'deploy', actor: ana, resource: route }, verdict: 'allow' },
  {
    name: 'a declaration without a team',
    request: deploy({}),
    verdict: 'deny',
    findings: ['has-team (hard): churn has no label team'],
  },
  {
    name: 'a change of what is protected',
    request: { ...deploy(), previous: changed({ labels: { protected: 'true' } }) },
    verdict: 'deny',
    findings: ['protected (hard): churn is protected: only the role release may change it'],
  },
  {
    name: 'a change of what is protected by release',
    request: { ...deploy(), actor: boss, previous: changed({ labels: { protected: 'true' } }) },
    verdict: 'allow',
  },
  {
    name: 'variables that sound like secrets',
    request: { ...deploy(), resource: changed({ env: { LOG_LEVEL: 'debug', HF_TOKEN: 'x', API_KEY: 'y' } }) },
    verdict: 'allow',
    findings: ['secrets-in-env (advisory): API_KEY, HF_TOKEN may be secrets: write them in runtime.secrets'],
  },
  { name: 'a command of the team', request: command('pause', ['risk']), verdict: 'allow' },
  { name: 'a command of release', request: command('promote', ['release']), verdict: 'allow' },
  {
    name: 'a command of another team',
    request: command('take-over', ['support']),
    verdict: 'deny',
    findings: ['steering (hard): ana may not take-over'],
  },
  { name: 'an abort by anybody', request: command('abort', []), verdict: 'allow' },
  { name: 'a deletion by release', request: policyRequests.delete(['release']), verdict: 'allow' },
  {
    name: 'a deletion by another',
    request: policyRequests.delete(['risk']),
    verdict: 'deny',
    findings: ['deleting (hard): ana may not delete'],
  },
  {
    name: 'a forced deletion',
    request: { ...policyRequests.delete(['release']), force: true },
    verdict: 'deny',
    findings: ['forcing (hard): only the role admin may give up what a target still holds'],
  },
  {
    name: 'a forced deletion by an admin',
    request: { ...policyRequests.delete(['release', 'admin']), force: true },
    verdict: 'allow',
  },
]

/** A decision in the form of the table. Sets of Rego have no order. */
export function shown({ verdict, findings, obligations }: Decision): unknown {
  return {
    verdict,
    findings: findings
      .map(({ policy, rule, level, message }) => `${policy}/${rule} (${level}): ${message}`)
      .toSorted(),
    obligations: obligations.map(canonicalJson).toSorted(),
  }
}

/** What the table says of a case, for an engine with the name `company`. */
export function expected({ verdict, findings = [], obligations = [] }: PolicyCase): unknown {
  return {
    verdict,
    findings: findings.map((each) => `company/${each}`).toSorted(),
    obligations: obligations.map(canonicalJson).toSorted(),
  }
}
