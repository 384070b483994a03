import { canonicalJson, sha256 } from 'modelspine/adapter'
import { policyRequests } from 'modelspine/testing'
import { describe, expect, it } from 'vitest'
import { decisionOf } from '../../../adapters/opa/opa-decision.ts'
import { readResult } from '../../../adapters/opa/opa-result.ts'

const request = policyRequests.invoke()
const words = { name: 'company', path: 'modelspine/decision', undefinedResult: 'error' } as const
const finding = { rule: 'r', level: 'hard', message: 'no' } as const

function read(document: unknown): string {
  const answer = readResult(document)
  return answer.kind === 'fault' ? answer.message : 'accepted'
}

describe('the document of a policy', () => {
  it.each([
    { verdict: 'allow' },
    { verdict: 'deny', findings: [finding, { ...finding, policy: 'p', level: 'soft' }] },
    { verdict: 'not-applicable', findings: [], obligations: [] },
    { verdict: 'error', findings: [{ ...finding, level: 'advisory' }] },
    {
      verdict: 'allow',
      obligations: [
        { kind: 'approval' },
        { kind: 'approval', by: ['risk'], notAuthor: true },
        { kind: 'cap-tokens', maxOutputTokens: 1 },
        { kind: 'guardrail', name: 'g' },
        { kind: 'redact', entities: ['email'] },
      ],
      revision: '7',
    },
  ])('is accepted as %j', (document) => {
    expect(read(document)).toBe('accepted')
  })

  it.each([
    [null, 'the document: '],
    [true, 'the document: '],
    ['allow', 'the document: '],
    [[], 'the document: '],
    [{}, 'verdict: '],
    [{ verdict: true }, 'verdict: '],
    [{ verdict: 'Allow' }, 'verdict: '],
    [{ verdict: 'permit' }, 'verdict: '],
    [{ allow: true }, 'verdict: '],
    [{ verdict: 'allow', obligation: [{ kind: 'approval' }] }, 'the document: '],
    [{ verdict: 'allow', findings: null }, 'findings: '],
    [{ verdict: 'allow', findings: { a: finding } }, 'findings: '],
    [{ verdict: 'deny', findings: ['no'] }, 'findings.0: '],
    [{ verdict: 'deny', findings: [{ ...finding, level: 'severe' }] }, 'findings.0.level: '],
    [{ verdict: 'deny', findings: [{ ...finding, message: '' }] }, 'findings.0.message: '],
    [{ verdict: 'deny', findings: [{ ...finding, message: 7 }] }, 'findings.0.message: '],
    [{ verdict: 'deny', findings: [{ level: 'hard', message: 'no' }] }, 'findings.0.rule: '],
    [{ verdict: 'deny', findings: [{ ...finding, policy: '' }] }, 'findings.0.policy: '],
    [{ verdict: 'deny', findings: [{ ...finding, severity: 'hard' }] }, 'findings.0: '],
    [{ verdict: 'allow', obligations: ['approval'] }, 'obligations.0: '],
    [{ verdict: 'allow', obligations: [{ kind: 'watermark' }] }, 'obligations.0.kind: '],
    [{ verdict: 'allow', obligations: [{ kind: 'approval', by: [] }] }, 'obligations.0.by: '],
    [{ verdict: 'allow', obligations: [{ kind: 'approval', by: 'risk' }] }, 'obligations.0.by: '],
    [{ verdict: 'allow', obligations: [{ kind: 'approval', from: ['risk'] }] }, 'obligations.0: '],
    [
      { verdict: 'allow', obligations: [{ kind: 'cap-tokens', maxOutputTokens: 0 }] },
      'obligations.0.maxOutputTokens: ',
    ],
    [
      { verdict: 'allow', obligations: [{ kind: 'cap-tokens', maxOutputTokens: 1.5 }] },
      'obligations.0.maxOutputTokens: ',
    ],
    [
      { verdict: 'allow', obligations: [{ kind: 'cap-tokens', maxOutputTokens: '9' }] },
      'obligations.0.maxOutputTokens: ',
    ],
    [{ verdict: 'allow', obligations: [{ kind: 'guardrail' }] }, 'obligations.0.name: '],
    [{ verdict: 'allow', obligations: [{ kind: 'redact', entities: [] }] }, 'obligations.0.entities: '],
    [{ verdict: 'allow', revision: 7 }, 'revision: '],
  ])('is an error as %j', (document, member) => {
    expect(read(document)).toMatch(member)
    expect(decisionOf(request, { document }, words)).toMatchObject({
      verdict: 'error',
      findings: [
        {
          policy: 'company',
          rule: 'error',
          level: 'advisory',
          message: expect.stringContaining(`the document modelspine/decision is no decision: ${member}`),
        },
      ],
      obligations: [],
    })
  })

  it('is not repeated in the message that says what is wrong with it', () => {
    const document = { verdict: 'secret-verdict', findings: 'secret-findings', 'secret-name': 1 }
    expect(JSON.stringify(decisionOf(request, { document }, words))).not.toMatch(/secret-(verdict|findings)/)
  })

  it('is an error when it is undefined, unless the options say that the policy may have nothing to say', () => {
    expect(decisionOf(request, { document: undefined }, words)).toMatchObject({
      verdict: 'error',
      findings: [{ message: expect.stringContaining('modelspine/decision is undefined') }],
    })
    const quiet = { ...words, undefinedResult: 'not-applicable' } as const
    expect(decisionOf(request, { document: undefined }, quiet)).toMatchObject({
      verdict: 'not-applicable',
      findings: [],
    })
    expect(decisionOf(request, { document: null }, quiet).verdict).toBe('error')
  })

  it('gives its findings the name of the engine where they have none', () => {
    const document = { verdict: 'deny', findings: [finding, { ...finding, policy: 'own' }] }
    expect(decisionOf(request, { document }, words).findings).toEqual([
      { policy: 'company', ...finding },
      { policy: 'own', ...finding },
    ])
  })
})

describe('the decision', () => {
  const allowed = { verdict: 'allow' }

  it('names the bundle, or else what the document says, or else that nobody knows', () => {
    const named = { ...allowed, revision: '7' }
    expect(decisionOf(request, { document: named, bundle: 'b-1' }, words).policyRevision).toBe('b-1')
    expect(decisionOf(request, { document: named }, words).policyRevision).toBe('7')
    expect(decisionOf(request, { document: allowed }, words).policyRevision).toBe('unknown')
  })

  it('has the id of the decision log, and the digest of the request', () => {
    const { decisionId, inputDigest } = decisionOf(request, { document: allowed, decisionId: 'd-1' }, words)
    expect([decisionId, inputDigest]).toEqual(['d-1', sha256(canonicalJson(request))])
    expect('decisionId' in decisionOf(request, { document: allowed }, words)).toBe(false)
  })

  it('keeps what names it when its document is an error', () => {
    const decision = decisionOf(request, { document: 5, bundle: 'b-1', decisionId: 'd-1' }, words)
    expect(decision).toMatchObject({ verdict: 'error', policyRevision: 'b-1', decisionId: 'd-1' })
  })
})
