import { describe, expect, it } from 'vitest'
import type { Decision, Finding, Obligation } from '../../../src/policy/contract.ts'
import { type GivenApproval, permitVerdict } from '../../../src/policy/permit-verdict.ts'

const author = { name: 'ana', roles: ['risk'] }

function finding(level: Finding['level'], message: string): Finding {
  return { policy: 'p', rule: 'r', level, message }
}

function decision(
  verdict: Decision['verdict'],
  findings: readonly Finding[] = [],
  obligations: readonly Obligation[] = [],
): Decision {
  return { verdict, findings, obligations, policyRevision: '1', inputDigest: 'd' }
}

function by(name: string, roles: readonly string[] = [], overrideSoft = false): GivenApproval {
  return { actor: { name, roles }, overrideSoft }
}

const judge = (given: Decision, ...approvals: GivenApproval[]) => permitVerdict(given, { approvals, author })

describe('the verdict on a promotion', () => {
  it('is the verdict of the decision when the decision has no obligations', () => {
    expect(judge(decision('allow'))).toEqual({ verdict: 'allow', message: '' })
    expect(judge(decision('deny', [finding('hard', 'no'), finding('hard', 'never')]))).toEqual({
      verdict: 'deny',
      message: 'no; never',
    })
    expect(judge(decision('error', [finding('hard', 'opa: away')]))).toEqual({
      verdict: 'error',
      message: 'opa: away',
    })
    expect(judge(decision('not-applicable')).verdict).toBe('deny')
    expect(judge(decision('deny')).verdict).toBe('deny')
    expect(judge(decision('error'))).toEqual({ verdict: 'error', message: 'a policy could not be evaluated' })
  })

  it('comes with the message of an advisory finding', () => {
    expect(judge(decision('allow', [finding('advisory', 'nobody owns it')]))).toEqual({
      verdict: 'allow',
      message: 'nobody owns it',
    })
  })

  it('lets an approval with overrideSoft override soft findings, and names the approver', () => {
    const soft = decision('deny', [finding('soft', 'no lineage')])
    expect(judge(soft)).toEqual({
      verdict: 'deny',
      message: 'no lineage (an approval with overrideSoft lets it pass)',
    })
    expect(judge(soft, by('bo')).verdict).toBe('deny')
    expect(judge(soft, by('cy'), by('bo', [], true))).toEqual({
      verdict: 'allow',
      message: 'no lineage (overridden by bo)',
    })
  })

  it('does not let an approval override a hard finding, an error or a deny without a reason', () => {
    const mixed = [finding('soft', 'no lineage'), finding('hard', 'not approved')]
    expect(judge(decision('deny', mixed), by('bo', [], true))).toEqual({
      verdict: 'deny',
      message: 'not approved',
    })
    expect(judge(decision('deny'), by('bo', [], true)).verdict).toBe('deny')
    expect(judge(decision('error', mixed), by('bo', [], true)).verdict).toBe('error')
  })

  it('waits for a required approval', () => {
    const wanted = decision('allow', [], [{ kind: 'approval' }])
    expect(judge(wanted)).toEqual({
      verdict: 'approval-required',
      message: 'needs the approval of somebody',
    })
    expect(judge(wanted, by('anybody')).verdict).toBe('allow')
    expect(judge(wanted, by('ana')).verdict).toBe('allow')
  })

  it('accepts approvals only from the named actors and roles', () => {
    const wanted = decision('allow', [], [{ kind: 'approval', by: ['legal', 'bo'] }])
    expect(judge(wanted, by('cy', ['risk']))).toEqual({
      verdict: 'approval-required',
      message: 'needs the approval of legal or bo',
    })
    expect(judge(wanted, by('bo')).verdict).toBe('allow')
    expect(judge(wanted, by('cy', ['risk', 'legal'])).verdict).toBe('allow')
  })

  it('requires each of several approvals', () => {
    const both = decision(
      'allow',
      [],
      [
        { kind: 'approval', by: ['legal'] },
        { kind: 'approval', by: ['risk'] },
      ],
    )
    expect(judge(both, by('bo', ['legal'])).message).toBe('needs the approval of risk')
    expect(judge(both, by('bo', ['legal']), by('cy', ['risk'])).verdict).toBe('allow')
  })

  it('requires another person than the author when notAuthor is set', () => {
    const wanted = decision('allow', [], [{ kind: 'approval', by: ['risk'], notAuthor: true }])
    expect(judge(wanted, by('ana', ['risk']))).toEqual({
      verdict: 'approval-required',
      message: 'needs the approval of risk, but not of ana, who asked for it',
    })
    expect(judge(wanted, by('bo', ['risk'])).verdict).toBe('allow')
  })

  it('requires the approval even when a soft finding was overridden', () => {
    const wanted = decision('deny', [finding('soft', 'late')], [{ kind: 'approval', by: ['legal'] }])
    expect(judge(wanted, by('bo', [], true)).verdict).toBe('approval-required')
    expect(judge(wanted, by('bo', ['legal'], true)).verdict).toBe('allow')
  })

  it.each<[Obligation, string]>([
    [{ kind: 'guardrail', name: 'pii' }, 'the guardrail pii'],
    [{ kind: 'redact', entities: ['email', 'phone'] }, 'redaction of email, phone'],
    [{ kind: 'cap-tokens', maxOutputTokens: 9 }, 'a cap of 9 output tokens'],
  ])('is deny when an obligation is impossible for a promotion: %j', (obligation, named) => {
    expect(judge(decision('allow', [], [obligation]), by('bo', [], true))).toEqual({
      verdict: 'deny',
      message: `allowed only with ${named}, which is not possible for a promotion`,
    })
  })
})
