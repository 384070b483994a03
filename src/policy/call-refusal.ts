import type { Decision, PolicyRequest } from './contract.ts'
import { obligationName } from './obligation-name.ts'

export interface CallRefusal {
  readonly code: 'policy-denied' | 'policy-error'
  readonly why: string
}

/**
 * Why a decision refuses the call of a person; undefined when the call may go on. An error refuses. So does
 * an obligation of a command or a deletion, because nobody can meet it there. An abort makes things safer, so
 * only a deny stops it.
 */
export function callRefusal(request: PolicyRequest, decision: Decision): CallRefusal | undefined {
  const { verdict, findings, obligations } = decision
  const reasons = findings.map(({ policy, rule, message }) => `${policy}/${rule}: ${message}`)
  const why = reasons.length === 0 ? 'no policy allows it' : reasons.join('; ')
  if (isAbort(request)) return verdict === 'deny' ? { code: 'policy-denied', why } : undefined
  if (verdict !== 'allow') return { code: verdict === 'error' ? 'policy-error' : 'policy-denied', why }
  if (request.action === 'deploy' || obligations.length === 0) return undefined
  const unmet = obligations.map(obligationName).join(' and ')
  return {
    code: 'policy-denied',
    why: `it is allowed only with ${unmet}, which is not possible for a ${request.action}`,
  }
}

/** Whether the request is about an abort, which nothing but a deny may stop. */
export function isAbort(request: PolicyRequest): boolean {
  return request.action === 'command' && request.command === 'abort'
}
