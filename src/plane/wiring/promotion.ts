import type { Decision, PolicyEngine, PromoteRequest } from '../../policy/contract.ts'
import { type DecideOptions, decideAll } from '../../policy/decide-all.ts'
import { permitVerdict } from '../../policy/permit-verdict.ts'
import type { Approved } from '../../resources/deployment/deployment-status.ts'
import type { Permit } from '../../rollout/machine/machine-types.ts'

/** What the engines and the approvals given so far say of a revision's creation, or of a rise of its share. */
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

/** A deployment that names policies is promoted by those, one that names none by all. What is declared is always judged by all. */
function enginesFor(
  policies: readonly PolicyEngine[],
  { deployment }: PromoteRequest,
): readonly PolicyEngine[] {
  const named = deployment.spec.policies
  return named.length === 0 ? policies : policies.filter(({ name }) => named.includes(name))
}
