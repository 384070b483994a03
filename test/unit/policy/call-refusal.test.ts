import { describe, expect, it } from 'vitest'
import { callRefusal } from '../../../src/policy/call-refusal.ts'
import type { Decision } from '../../../src/policy/contract.ts'
import { policyRequests } from '../../../src/testing/policy-requests.ts'

const allowed: Decision = {
  verdict: 'allow',
  findings: [],
  obligations: [],
  policyRevision: '1',
  inputDigest: '',
}
const finding = { policy: 'people', rule: 'on-call', level: 'hard', message: 'not on call' } as const
const denied: Decision = { ...allowed, verdict: 'deny', findings: [finding] }
const failed: Decision = { ...denied, verdict: 'error' }
const conditional: Decision = { ...allowed, obligations: [{ kind: 'approval' }] }

describe('a call', () => {
  it.each([policyRequests.command('promote'), policyRequests.delete()])(
    'to $action goes on only when it is allowed without conditions',
    (request) => {
      expect(callRefusal(request, allowed)).toBeUndefined()
      expect(callRefusal(request, denied)).toEqual({
        code: 'policy-denied',
        why: 'people/on-call: not on call',
      })
      expect(callRefusal(request, failed)?.code).toBe('policy-error')
      expect(callRefusal(request, conditional)).toEqual({
        code: 'policy-denied',
        why: `it is allowed only with an approval, which is not possible for a ${request.action}`,
      })
    },
  )

  it('to abort is stopped by a deny and by nothing else', () => {
    const abort = policyRequests.command('abort')
    expect(callRefusal(abort, denied)?.code).toBe('policy-denied')
    for (const decision of [allowed, failed, conditional]) {
      expect(callRefusal(abort, decision)).toBeUndefined()
    }
  })
})
