import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/hash.ts'
import { canonicalJson } from '../../../src/json.ts'
import type { Decision, PolicyEngine, PolicyRequest } from '../../../src/policy/contract.ts'
import { rule } from '../../../src/policy/rule.ts'
import { rulesPolicy } from '../../../src/policy/rules-policy.ts'
import { allow, capTokens, deny, notApplicable, requireApproval } from '../../../src/policy/ruling.ts'
import { policyRequests } from '../../../src/testing/policy-requests.ts'

const { invoke: invocation, promote: promotion } = policyRequests

const approvedOnly = rule('approved-models-only', {
  on: 'promote',
  check: ({ model }) =>
    model?.approval === 'approved' ? allow() : deny(`${model?.name} is ${model?.approval ?? 'not known'}`),
})

/** Asks an engine that answers at once. */
function ask(engine: PolicyEngine, request: PolicyRequest): Decision {
  const decision = engine.decide(request)
  if (decision instanceof Promise) throw new Error('answered with a promise')
  return decision
}

describe('a policy of rules', () => {
  it('allows and denies at once by its rules', () => {
    const policy = rulesPolicy('promotion', [approvedOnly])
    expect(policy.actions).toEqual(['promote'])
    expect(ask(policy, promotion('approved'))).toMatchObject({ verdict: 'allow', findings: [] })
    expect(ask(policy, promotion('pending'))).toMatchObject({
      verdict: 'deny',
      findings: [
        { policy: 'promotion', rule: 'approved-models-only', level: 'hard', message: 'churn is pending' },
      ],
    })
  })

  it('denies when one rule is broken, and names all broken rules', () => {
    const policy = rulesPolicy('p', [
      rule('one', { on: 'promote', check: () => allow() }),
      rule('two', { on: 'promote', level: 'soft', check: () => deny('two') }),
      rule('three', { on: 'promote', check: () => deny('three') }),
    ])
    const { verdict, findings } = ask(policy, promotion())
    expect(verdict).toBe('deny')
    expect(findings.map(({ rule, level }) => [rule, level])).toEqual([
      ['two', 'soft'],
      ['three', 'hard'],
    ])
  })

  it('allows when an advisory rule is broken, and reports the rule', () => {
    const policy = rulesPolicy('p', [
      rule('has-owner', { on: 'promote', level: 'advisory', check: () => deny('nobody owns it') }),
    ])
    expect(ask(policy, promotion())).toMatchObject({
      verdict: 'allow',
      findings: [{ level: 'advisory', message: 'nobody owns it' }],
    })
  })

  it('is not applicable when no rule applies', () => {
    const policy = rulesPolicy('p', [rule('one', { on: 'promote', check: () => notApplicable() })])
    expect(ask(policy, promotion()).verdict).toBe('not-applicable')
    expect(ask(policy, invocation()).verdict).toBe('not-applicable')
  })

  it('collects the obligations of its rules', () => {
    const policy = rulesPolicy('p', [
      rule('capped', { on: 'invoke', check: () => allow(capTokens(100)) }),
      rule('watched', { on: ['invoke', 'promote'], check: () => allow(requireApproval({ by: ['risk'] })) }),
    ])
    expect(policy.actions).toEqual(['invoke', 'promote'])
    expect(ask(policy, invocation()).obligations).toEqual([
      { kind: 'cap-tokens', maxOutputTokens: 100 },
      { kind: 'approval', by: ['risk'] },
    ])
    expect(ask(policy, promotion()).obligations).toEqual([{ kind: 'approval', by: ['risk'] }])
  })

  it('gives the verdict error when a rule throws, unless another rule denies', () => {
    const broken = rule('broken', {
      on: 'promote',
      check: () => {
        throw new Error('no such tag')
      },
    })
    const decision = ask(rulesPolicy('p', [approvedOnly, broken]), promotion('approved'))
    expect(decision.verdict).toBe('error')
    expect(decision.findings).toMatchObject([{ message: 'p/broken could not be evaluated: no such tag' }])
    expect(ask(rulesPolicy('p', [approvedOnly, broken]), promotion('pending')).verdict).toBe('deny')
  })

  it('gives the verdict error when a rule gives no ruling', () => {
    const forgetful = rule('forgetful', { on: 'promote', check: () => undefined as never })
    const decision = ask(rulesPolicy('p', [forgetful]), promotion())
    expect([decision.verdict, decision.findings[0]?.message]).toEqual([
      'error',
      'p/forgetful gave no ruling: return allow(), deny(why) or notApplicable()',
    ])
  })

  it('waits for asynchronous rules, and passes the abortSignal to them', async () => {
    const signals: unknown[] = []
    const slow = rule('slow', {
      on: 'promote',
      check: async ({ weight }, { abortSignal }) => {
        signals.push(abortSignal)
        if (weight > 50) throw new Error('directory is down')
        return allow()
      },
    })
    const { signal } = new AbortController()
    const policy = rulesPolicy('p', [approvedOnly, slow])
    expect(await policy.decide(promotion('approved', 5), { abortSignal: signal })).toMatchObject({
      verdict: 'allow',
    })
    expect(await policy.decide(promotion('approved', 60))).toMatchObject({ verdict: 'error' })
    expect(signals).toEqual([signal, undefined])
  })

  it('has a revision that is the same for the same rules and changes with any word', () => {
    const one = (name: string, level: 'soft' | 'hard', text: string) =>
      rule(name, { on: 'promote', level, check: text === 'a' ? () => deny('a') : () => deny('b') })
    const revision = (policy: string, ...rest: Parameters<typeof one>): string =>
      ask(rulesPolicy(policy, [one(...rest)]), promotion()).policyRevision
    expect(revision('p', 'n', 'hard', 'a')).toMatch(/^[0-9a-f]{64}$/)
    expect(revision('p', 'n', 'hard', 'a')).toBe(revision('p', 'n', 'hard', 'a'))
    const others = [
      revision('q', 'n', 'hard', 'a'),
      revision('p', 'm', 'hard', 'a'),
      revision('p', 'n', 'soft', 'a'),
      revision('p', 'n', 'hard', 'b'),
    ]
    expect(new Set([revision('p', 'n', 'hard', 'a'), ...others]).size).toBe(5)
  })

  it('gives the digest of its input, even in JSON', () => {
    const decision = ask(rulesPolicy('p', [approvedOnly]), promotion())
    expect(decision.inputDigest).toBe(sha256(canonicalJson(promotion())))
    expect(JSON.parse(JSON.stringify(decision)).inputDigest).toBe(decision.inputDigest)
  })

  it('refuses rules that could never decide, two rules of one name, and an invalid cap', () => {
    expect(() => rulesPolicy('p', [])).toThrow('the policy p has no rules')
    expect(() => rulesPolicy('p', [approvedOnly, approvedOnly])).toThrow(
      'two rules named approved-models-only',
    )
    expect(() => rule('r', { on: [], check: () => allow() })).toThrow('the rule r has no action in "on"')
    expect(() => capTokens(0)).toThrow('maxOutputTokens is 0')
    expect(() => capTokens(1.5)).toThrow(TypeError)
  })
})
