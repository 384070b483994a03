import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineDecisions, type PolicyAnswer } from '../../../src/policy/combine-decisions.ts'
import type { Decision, Finding } from '../../../src/policy/contract.ts'
import { permitVerdict } from '../../../src/policy/permit-verdict.ts'

function finding(level: Finding['level'], message: string = level): Finding {
  return { policy: 'p', rule: 'r', level, message }
}

function answer(verdict: Decision['verdict'], rest: Partial<Decision> = {}, engine = 'p'): PolicyAnswer {
  const decision = { verdict, findings: [], obligations: [], policyRevision: '1', inputDigest: 'd', ...rest }
  return { engine, decision }
}

describe('combining decisions', () => {
  it.each([
    [['allow', 'deny', 'error', 'not-applicable'], 'deny'],
    [['allow', 'error', 'not-applicable'], 'error'],
    [['not-applicable', 'allow', 'not-applicable'], 'allow'],
    [['not-applicable', 'not-applicable'], 'deny'],
    [['not-applicable'], 'deny'],
    [[], 'allow'],
  ] as const)('turns %j into %s', (verdicts, expected) => {
    expect(combineDecisions(verdicts.map((verdict) => answer(verdict))).verdict).toBe(expected)
  })

  it('names the engines that were asked when no policy applies', () => {
    const { findings } = combineDecisions([
      answer('not-applicable', {}, 'opa'),
      answer('not-applicable', {}, 'rules'),
    ])
    expect(findings).toEqual([
      {
        policy: 'opa, rules',
        rule: 'not-covered',
        level: 'hard',
        message: 'no policy of opa, rules covers this request, and a request that no policy allows is denied',
      },
    ])
  })

  it('turns an allow with a soft or hard finding into a deny', () => {
    for (const level of ['soft', 'hard'] as const) {
      expect(combineDecisions([answer('allow', { findings: [finding(level)] })]).verdict).toBe('deny')
    }
    expect(combineDecisions([answer('allow', { findings: [finding('advisory')] })]).verdict).toBe('allow')
  })

  it('makes a deny without a reason hard, so that it cannot be overridden', () => {
    const combined = combineDecisions([
      answer('deny', { findings: [finding('soft')] }, 'soft'),
      answer('deny', { findings: [finding('advisory')] }, 'mute'),
    ])
    expect(combined.findings.filter(({ level }) => level === 'hard')).toEqual([
      { policy: 'mute', rule: 'no-reason', level: 'hard', message: 'mute denies without a reason' },
    ])
  })

  it('makes the findings of an error hard, so that overriding another engine does not override it', () => {
    const soft = answer('deny', { findings: [finding('soft')] }, 'soft')
    for (const findings of [[], [finding('advisory', 'no answer')]]) {
      const combined = combineDecisions([soft, answer('error', { findings }, 'away')])
      const boss = { actor: { name: 'boss' }, overrideSoft: true }
      const { verdict, message } = permitVerdict(combined, { approvals: [boss], author: { name: 'ana' } })
      expect([verdict, message]).toEqual(['deny', findings[0]?.message ?? 'away gives no decision'])
    }
  })

  it('leaves the other findings of an error as they are when it has a hard one', () => {
    const findings = [finding('advisory'), finding('hard')]
    expect(combineDecisions([answer('error', { findings })]).findings).toEqual(findings)
  })

  it('unites findings and obligations and keeps the lowest cap', () => {
    const combined = combineDecisions([
      answer('allow', {
        findings: [finding('advisory', 'one')],
        obligations: [
          { kind: 'cap-tokens', maxOutputTokens: 500 },
          { kind: 'approval', by: ['risk'] },
        ],
      }),
      answer('allow', {
        findings: [finding('advisory', 'two')],
        obligations: [
          { kind: 'approval', by: ['risk'] },
          { kind: 'approval', by: ['legal'] },
          { kind: 'cap-tokens', maxOutputTokens: 200 },
          { kind: 'cap-tokens', maxOutputTokens: 300 },
        ],
      }),
    ])
    expect(combined.findings.map(({ message }) => message)).toEqual(['one', 'two'])
    expect(combined.obligations).toEqual([
      { kind: 'approval', by: ['risk'] },
      { kind: 'approval', by: ['legal'] },
      { kind: 'cap-tokens', maxOutputTokens: 200 },
    ])
  })

  it('names each engine with its policy revision, and the digests of the inputs', () => {
    const opa = answer('allow', { policyRevision: '7', inputDigest: 'x' }, 'opa')
    const rules = answer('deny', { policyRevision: 'ab', inputDigest: 'y' }, 'rules')
    const combined = combineDecisions([opa, rules, opa])
    expect([combined.policyRevision, combined.inputDigest]).toEqual(['opa@7 rules@ab opa@7', 'x y'])
    const alone = combineDecisions([rules])
    expect([alone.policyRevision, alone.inputDigest]).toEqual(['ab', 'y'])
  })

  it('names each decision that has an id, with its engine where there are several', () => {
    const opa = answer('deny', { decisionId: '4f2a' }, 'opa')
    const rules = answer('allow', {}, 'rules')
    expect(combineDecisions([opa]).decisionId).toBe('4f2a')
    expect(combineDecisions([opa, rules]).decisionId).toBe('opa@4f2a')
    expect(combineDecisions([opa, rules, { ...opa, engine: 'b' }]).decisionId).toBe('opa@4f2a b@4f2a')
    expect('decisionId' in combineDecisions([rules, rules])).toBe(false)
  })

  it('leaves out the digest of an engine that gave none', () => {
    const failed = answer('error', { inputDigest: '' })
    expect(combineDecisions([failed, answer('allow'), failed]).inputDigest).toBe('d')
  })

  it('returns a lone allow unchanged, without computing its digest', () => {
    const decision = Object.defineProperty({ ...answer('allow').decision }, 'inputDigest', {
      get: () => {
        throw new Error('computed')
      },
    })
    expect(combineDecisions([{ engine: 'p', decision }])).toBe(decision)
    expect(combineDecisions([{ engine: 'p', decision }, answer('deny')]).verdict).toBe('deny')
    const refused = Object.defineProperty(
      { ...answer('allow', { findings: [finding('hard')] }).decision },
      'inputDigest',
      { get: () => 'late' },
    )
    expect(combineDecisions([{ engine: 'p', decision: refused }])).toMatchObject({
      verdict: 'deny',
      inputDigest: 'late',
    })
  })

  it('never allows what one engine denies or cannot answer, in any order', () => {
    const verdict = fc.constantFrom<Decision['verdict'][]>('allow', 'deny', 'error', 'not-applicable')
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1 }), (verdicts) => {
        const combined = combineDecisions(verdicts.map((each) => answer(each))).verdict
        const reversed = combineDecisions(verdicts.toReversed().map((each) => answer(each))).verdict
        expect(reversed).toBe(combined)
        const clean = verdicts.includes('allow') && !verdicts.includes('deny') && !verdicts.includes('error')
        expect(combined === 'allow').toBe(clean)
      }),
    )
  })
})
