/**
 * What policies in Cedar cannot say: conditions of an allow, and rules about each member of a set. A plane asks this
 * engine beside `cedarPolicy`, and joins what both say.
 */
import {
  allow,
  capTokens,
  deny,
  notApplicable,
  type Obligation,
  type PolicyEngine,
  requireApproval,
  rule,
  rulesPolicy,
} from 'modelspine'

export const conditions: PolicyEngine<'conditions'> = rulesPolicy('conditions', [
  rule('all-traffic', {
    on: 'promote',
    check: ({ weight }) =>
      weight === 100 ? allow(requireApproval({ by: ['risk'], notAuthor: true })) : notApplicable(),
  }),
  rule('embeddings', {
    on: 'query-data',
    check: ({ dataset }) =>
      dataset.startsWith('embeddings/')
        ? allow({ kind: 'redact', entities: ['email', 'phone'] })
        : notApplicable(),
  }),
  rule('limits', {
    on: 'invoke',
    check: ({ actor, operation }) => {
      const obligations: Obligation[] = operation === 'chat' ? [capTokens(1024)] : []
      if (actor.roles?.includes('guest')) obligations.push({ kind: 'guardrail', name: 'prompt-injection' })
      return obligations.length === 0 ? notApplicable() : allow(...obligations)
    },
  }),
  rule('secrets-in-env', {
    on: 'deploy',
    level: 'advisory',
    check: ({ resource }) => {
      const env = resource.kind === 'ModelDeployment' ? resource.spec.runtime.env : {}
      const names = Object.keys(env).filter((name) => /(KEY|PASSWORD|SECRET|TOKEN)$/.test(name))
      return names.length === 0
        ? notApplicable()
        : deny(`${names.sort().join(', ')} may be secrets: write them in runtime.secrets`)
    },
  }),
])
