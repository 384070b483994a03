import type { Decision, PolicyEngine, PromoteRequest } from '../../policy/contract.ts'
import { type DecideOptions, decideAll } from '../../policy/decide-all.ts'
import { traceOf } from '../../policy/decision-trace.ts'
import { permitVerdict } from '../../policy/permit-verdict.ts'
import type { Approved } from '../../resources/deployment/deployment-status.ts'
import type { Permit } from '../../rollout/machine/machine-types.ts'

/**
 * Combines the engines' decisions and the approvals so far into one permit: to create a revision or to raise
 * its weight.
 */
export async function permitPromotion(
  policies: readonly PolicyEngine[],
  request: PromoteRequest,
  approvals: readonly Approved[],
  options: DecideOptions,
): Promise<Permit> {
  const decision: Decision = await decideAll(policies, request, options)
  const { revision, weight, actor } = request
  const verdict = permitVerdict(decision, { approvals, author: actor })
  return { revision: revision.name, weight, ...traceOf(decision), ...verdict }
}
