import { ModelspineError, messageOf } from '../../errors.ts'
import type { Decision, InvokeRequest, Obligation } from '../../policy/contract.ts'
import { refusalDetails } from '../../policy/decision-trace.ts'
import type { OperationName } from '../../resources/route/model-route.ts'
import type { Route } from '../table/route.ts'

/**
 * The router asks this before every request. It stands for all policy engines, which are combined elsewhere.
 */
export interface InvokePolicy {
  /**
   * A decision that is returned directly, not as a promise, saves the request a wait. `abortSignal` fires when the
   * caller leaves or the request's time is over. It is made only when it is read.
   */
  decide(request: InvokeRequest, options: { readonly abortSignal: AbortSignal }): Decision | Promise<Decision>
}

/** The limits that an allowed request must obey. */
export interface Terms {
  readonly maxOutputTokens?: number
}

const free: Terms = {}

/** Asks the policy for a decision. If the policy throws or rejects, the decision has the verdict `error`. */
export function ask(
  policy: InvokePolicy,
  request: InvokeRequest,
  options: { readonly abortSignal: AbortSignal },
): Decision | Promise<Decision> {
  try {
    const decision = policy.decide(request, options)
    return 'then' in decision ? decision.catch(broken) : decision
  } catch (error) {
    return broken(error)
  }
}

function broken(error: unknown): Decision {
  const message = `the policy threw: ${messageOf(error)}`
  return {
    verdict: 'error',
    findings: [{ policy: 'invoke', rule: 'error', level: 'hard', message }],
    obligations: [],
    policyRevision: '',
    inputDigest: '',
  }
}

/**
 * The terms that the decision sets. Throws `policy-denied` when the decision denies the request. When an
 * engine could not answer, throws `policy-error`, unless the route has `onPolicyError: allow`. In that case
 * the obligations that the other engines set still apply.
 */
export function termsOf(
  decision: Decision,
  route: Pick<Route, 'key' | 'onPolicyError'>,
  { operation, capsTokens }: { readonly operation: OperationName; readonly capsTokens: boolean },
): Terms {
  const { verdict } = decision
  if (verdict === 'error' && route.onPolicyError !== 'allow') {
    throw refusal('policy-error', `the policy of route ${route.key} could not answer`, decision)
  }
  if (verdict !== 'error' && verdict !== 'allow') {
    throw refusal('policy-denied', `policy denies ${route.key}`, decision)
  }
  if (decision.obligations.length === 0) return free
  let maxOutputTokens = Number.POSITIVE_INFINITY
  for (const obligation of decision.obligations) {
    if (obligation.kind !== 'cap-tokens' || !capsTokens) {
      const message = `the policy allows route ${route.key} only with ${nameOf(obligation)}, which the router cannot do for ${operation}`
      throw refusal('policy-denied', message, decision)
    }
    maxOutputTokens = Math.min(maxOutputTokens, obligation.maxOutputTokens)
  }
  return { maxOutputTokens }
}

function nameOf(obligation: Obligation): string {
  switch (obligation.kind) {
    case 'approval':
      return 'an approval'
    case 'cap-tokens':
      return `at most ${obligation.maxOutputTokens} output tokens`
    case 'guardrail':
      return `the guardrail "${obligation.name}"`
    case 'redact':
      return `redaction of ${obligation.entities.join(', ')}`
  }
}

function refusal(code: 'policy-denied' | 'policy-error', text: string, decision: Decision): ModelspineError {
  const reasons = decision.findings.map(({ message }) => message).join('; ')
  const message = reasons === '' ? text : `${text}: ${reasons}`
  return new ModelspineError(code, message, { details: refusalDetails(decision) })
}
