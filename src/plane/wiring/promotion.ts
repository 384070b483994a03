import type { Decision, PolicyEngine, PromoteRequest } from '../../policy/contract.ts'
import { type DecideOptions, decideAll } from '../../policy/decide-all.ts'
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
  const decision: Decision = await decideAll(enginesFor(policies, request), request, options)
  const { revision, weight, actor } = request
  const { policyRevision, findings } = decision
  const verdict = permitVerdict(decision, { approvals, author: actor })
  return { revision: revision.name, weight, policyRevision, findings, ...verdict }
}

/**
 * A deployment that names policies is promoted by those engines; one that names no policies is promoted by
 * all engines. A declaration is always judged by all engines.
 */
function enginesFor(
  policies: readonly PolicyEngine[],
  { deployment }: PromoteRequest,
): readonly PolicyEngine[] {
  const named = deployment.spec.policies
  return named.length === 0 ? policies : policies.filter(({ name }) => named.includes(name))
}
