import { messageOf } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { canonicalJson } from '../json.ts'
import type { Decision, Finding, Obligation, PolicyAction, PolicyEngine, PolicyRequest } from './contract.ts'
import type { Rule } from './rule.ts'
import type { Ruling } from './ruling.ts'

/**
 * A policy engine from rules written in TypeScript. One broken soft or hard rule denies. Otherwise one rule
 * that cannot be evaluated is an error. Otherwise one rule that is kept allows; a broken advisory rule counts
 * as kept.
 *
 * `policyRevision` is the digest of the rules' names, actions, levels and source text. Values that a check
 * takes from outside its own text are not part of it. When such a value changes the meaning, change the
 * rule's name.
 *
 * Answers at once unless a check returns a promise. Throws TypeError for an empty list, and for two rules of
 * one name.
 */
export function rulesPolicy<const Name extends string>(
  name: Name,
  rules: readonly Rule[],
): PolicyEngine<Name> {
  if (rules.length === 0) throw new TypeError(`the policy ${name} has no rules: give at least one`)
  const twice = rules.find((rule, index) => rules.findIndex((other) => other.name === rule.name) < index)
  if (twice !== undefined) {
    throw new TypeError(`the policy ${name} has two rules named ${twice.name}: give each rule its own name`)
  }
  const byAction = new Map<PolicyAction, readonly Rule[]>()
  for (const action of new Set(rules.flatMap(({ on }) => on))) {
    byAction.set(
      action,
      rules.filter(({ on }) => on.includes(action)),
    )
  }
  const text = rules.map((rule) => [rule.name, rule.on, rule.level, String(rule.check)])
  const policyRevision = sha256(canonicalJson([name, text]))

  return {
    name,
    actions: [...byAction.keys()],
    decide(request, options = {}) {
      const asked = byAction.get(request.action) ?? []
      const rulings: (Ruled | Promise<Ruled>)[] = []
      let waiting = false
      for (const rule of asked) {
        const ruled = evaluate(rule, request, options)
        waiting ||= ruled instanceof Promise
        rulings.push(ruled)
      }
      const decided = (all: readonly Ruled[]): Decision => decision(name, asked, all, policyRevision, request)
      return waiting ? Promise.all(rulings).then(decided) : decided(rulings as readonly Ruled[])
    },
  }
}

type Ruled = Ruling | { readonly kind: 'error'; readonly message: string }

function evaluate(
  rule: Rule,
  request: PolicyRequest,
  options: { readonly abortSignal?: AbortSignal },
): Ruled | Promise<Ruled> {
  try {
    const ruling = rule.check(request, options)
    return ruling instanceof Promise ? ruling.then(checked, unevaluated) : checked(ruling)
  } catch (error) {
    return unevaluated(error)
  }
}

function unevaluated(error: unknown): Ruled {
  return { kind: 'error', message: `could not be evaluated: ${messageOf(error)}` }
}

function checked(ruling: Ruling): Ruled {
  const kind: unknown = (ruling as Ruling | undefined)?.kind
  if (kind === 'allow' || kind === 'deny' || kind === 'not-applicable') return ruling
  return { kind: 'error', message: 'gave no ruling: return allow(), deny(why) or notApplicable()' }
}

function decision(
  policy: string,
  rules: readonly Rule[],
  rulings: readonly Ruled[],
  policyRevision: string,
  request: PolicyRequest,
): Decision {
  let denied = false
  let failed = false
  let allowed = false
  const findings: Finding[] = []
  const obligations: Obligation[] = []
  for (const [index, ruling] of rulings.entries()) {
    const { name = '', level = 'hard' } = rules[index] ?? {}
    switch (ruling.kind) {
      case 'allow':
        allowed = true
        obligations.push(...ruling.obligations)
        break
      case 'deny':
        if (level === 'advisory') allowed = true
        else denied = true
        findings.push({ policy, rule: name, level, message: ruling.message })
        break
      case 'error':
        failed = true
        findings.push({ policy, rule: name, level: 'hard', message: `${policy}/${name} ${ruling.message}` })
    }
  }
  let digest: string | undefined
  return {
    verdict: denied ? 'deny' : failed ? 'error' : allowed ? 'allow' : 'not-applicable',
    findings,
    obligations,
    policyRevision,
    // The digest costs more than the rules of an `invoke`, and few callers read it.
    get inputDigest() {
      digest ??= sha256(canonicalJson(request))
      return digest
    },
  }
}
