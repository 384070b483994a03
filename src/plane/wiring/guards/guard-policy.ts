import { ModelspineError } from '../../../errors.ts'
import { decisionFault } from '../../../policy/checked-decision.ts'
import type { Decision, PolicyEngine } from '../../../policy/contract.ts'
import type { GuardedPart } from './guarded-part.ts'

/**
 * The same engine, with a limit on its answers. An engine that answers at once is not made to wait, because
 * every request may ask it.
 */
export function guardPolicy(
  part: GuardedPart,
  engine: PolicyEngine,
  { policyMs }: { readonly policyMs: number },
): PolicyEngine {
  return {
    name: engine.name,
    actions: engine.actions,
    decide: (request, options) =>
      part.ask({
        verb: 'decide',
        // An engine may have an answer to requests, and none to promotions.
        sort: request.action,
        limitMs: policyMs,
        abortSignal: options?.abortSignal,
        run: (abortSignal) => engine.decide(request, { abortSignal }),
        failure: errorOf,
      }),
  }
}

/** The caller sees the answer as it is: who combines decisions says what is wrong with them. */
function errorOf(decision: Decision): unknown {
  const problem = decisionFault(decision) ?? (decision.verdict === 'error' ? messageOf(decision) : undefined)
  return problem === undefined ? undefined : new ModelspineError('policy-error', problem)
}

function messageOf({ findings }: Decision): string {
  return findings.map(({ message }) => message).join('; ') || 'it could not decide'
}
