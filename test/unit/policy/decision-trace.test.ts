import { describe, expect, it } from 'vitest'
import type { Decision } from '../../../src/policy/contract.ts'
import { refusalDetails, traceOf } from '../../../src/policy/decision-trace.ts'

const decision: Decision = {
  verdict: 'deny',
  findings: [{ policy: 'p', rule: 'r', level: 'hard', message: 'no' }],
  obligations: [{ kind: 'approval' }],
  policyRevision: '7',
  inputDigest: 'd1',
}

describe('the trace of a decision', () => {
  it('has its findings, and what names its policy, its input and itself', () => {
    const { findings, policyRevision, inputDigest } = decision
    expect(traceOf(decision)).toEqual({ findings, policyRevision, inputDigest })
    expect(traceOf({ ...decision, decisionId: '4f2a' })).toEqual({
      findings,
      policyRevision,
      inputDigest,
      decisionId: '4f2a',
    })
  })

  it('has no digest where the input cannot be written as JSON', () => {
    const { inputDigest: _, ...rest } = decision
    const undigestible = Object.defineProperty({ ...rest }, 'inputDigest', {
      get: () => JSON.stringify(10n),
    }) as Decision
    expect(traceOf(undigestible)).toEqual({ findings: decision.findings, policyRevision: '7' })
  })

  it('has no digest in the details of an error', () => {
    expect(refusalDetails({ ...decision, decisionId: '4f2a' })).toEqual({
      findings: decision.findings,
      policyRevision: '7',
      decisionId: '4f2a',
    })
  })
})
