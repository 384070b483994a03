/** The rules of this folder again, in TypeScript. A test holds that both decide alike. */
import {
  allow,
  capTokens,
  deny,
  type Obligation,
  type PolicyEngine,
  type Rule,
  requireApproval,
  rule,
  rulesPolicy,
} from 'modelspine'
import data from './data.json' with { type: 'json' }

const { evaluation, classifications, datasets } = data.settings

interface Limit {
  readonly atLeast?: number
  readonly atMost?: number
}

const promotion: readonly Rule[] = [
  rule('may-promote', {
    on: 'promote',
    check: ({ actor, deployment }) =>
      has(actor, 'release') || has(actor, deployment.metadata.labels.team)
        ? allow()
        : deny(`${actor.name} has neither the role release nor that of the team`),
  }),
  rule('approved-models-only', {
    on: 'promote',
    check: ({ revision, model }) => {
      const approval = model?.approval ?? 'unknown'
      return approval === 'approved' ? allow() : deny(`${revision.model.name} is ${approval} in its registry`)
    },
  }),
  rule('evaluation', {
    on: 'promote',
    check: ({ model }) => {
      const found = Object.entries<Limit>(evaluation).flatMap(([metric, limit]) =>
        shortcomings(metric, model?.metrics?.[metric] ?? Number.NaN, limit),
      )
      return found.length === 0 ? allow() : deny(found.sort().join('; '))
    },
  }),
  rule('has-lineage', {
    on: 'promote',
    level: 'soft',
    check: ({ model }) =>
      model?.lineage?.run === undefined ? deny('nobody knows which run trained it') : allow(),
  }),
  rule('classification', {
    on: 'promote',
    check: ({ model, deployment }) => {
      const targets = Object.entries(classifications).find(([name]) => name === model?.classification)?.[1]
      const target = deployment.spec.target.name
      return targets === undefined || targets.includes(target)
        ? allow()
        : deny(`a model with ${model?.classification} may not run at ${target}`)
    },
  }),
  rule('all-traffic', {
    on: 'promote',
    check: ({ weight }) =>
      weight === 100 ? allow(requireApproval({ by: ['risk'], notAuthor: true })) : allow(),
  }),
]

const readers: Rule = rule('readers', {
  on: 'query-data',
  check: ({ actor, dataset }) => {
    const roles = Object.entries(datasets).find(([name]) => name === dataset)?.[1]
    return roles?.some((role) => has(actor, role)) ? allow() : deny(`${actor.name} may not read ${dataset}`)
  },
})

const embeddings: Rule = rule('embeddings', {
  on: 'query-data',
  check: ({ dataset }) =>
    dataset.startsWith('embeddings/') ? allow({ kind: 'redact', entities: ['email', 'phone'] }) : allow(),
})

const usage: readonly Rule[] = [
  rule('callers', {
    on: 'invoke',
    check: ({ actor }) =>
      has(actor, 'model-caller') || has(actor, 'guest') ? allow() : deny(`${actor.name} may call no model`),
  }),
  rule('limits', {
    on: 'invoke',
    check: ({ actor, operation }) => {
      const obligations: Obligation[] = operation === 'chat' ? [capTokens(1024)] : []
      if (has(actor, 'guest')) obligations.push({ kind: 'guardrail', name: 'prompt-injection' })
      return allow(...obligations)
    },
  }),
]

const changes: readonly Rule[] = [
  rule('has-team', {
    on: 'deploy',
    check: ({ resource: { metadata } }) =>
      metadata.labels.team === undefined ? deny(`${metadata.name} has no label team`) : allow(),
  }),
  rule('protected', {
    on: 'deploy',
    check: ({ actor, resource, previous }) =>
      previous?.metadata.labels.protected === 'true' && !has(actor, 'release')
        ? deny(`${resource.metadata.name} is protected: only the role release may change it`)
        : allow(),
  }),
  rule('secrets-in-env', {
    on: 'deploy',
    level: 'advisory',
    check: ({ resource }) => {
      const env = resource.kind === 'ModelDeployment' ? resource.spec.runtime.env : {}
      const names = Object.keys(env).filter((name) => /(KEY|PASSWORD|SECRET|TOKEN)$/.test(name))
      return names.length === 0
        ? allow()
        : deny(`${names.sort().join(', ')} may be secrets: write them in runtime.secrets`)
    },
  }),
  rule('steering', {
    on: 'command',
    check: ({ actor, command, deployment }) =>
      command === 'abort' || has(actor, 'release') || has(actor, deployment.metadata.labels.team)
        ? allow()
        : deny(`${actor.name} may not ${command}`),
  }),
  rule('deleting', {
    on: 'delete',
    check: ({ actor }) => (has(actor, 'release') ? allow() : deny(`${actor.name} may not delete`)),
  }),
  rule('forcing', {
    on: 'delete',
    check: ({ actor, force }) =>
      force && !has(actor, 'admin')
        ? deny('only the role admin may give up what a target still holds')
        : allow(),
  }),
]

export const exampleRules: PolicyEngine<'company'> = rulesPolicy('company', [
  ...promotion,
  readers,
  embeddings,
  ...usage,
  ...changes,
])

function has(actor: { readonly roles?: readonly string[] }, role: string | undefined): boolean {
  return role !== undefined && actor.roles?.includes(role) === true
}

function shortcomings(metric: string, value: number, { atLeast, atMost }: Limit): readonly string[] {
  if (!Number.isFinite(value)) return [`${metric} was not measured`]
  if (atLeast !== undefined && value < atLeast)
    return [`${metric} is ${value} and must be at least ${atLeast}`]
  if (atMost !== undefined && value > atMost) return [`${metric} is ${value} and must be at most ${atMost}`]
  return []
}
