import { ModelspineError } from '../../errors.ts'
import { sameJson } from '../../json.ts'
import { callRefusal } from '../../policy/call-refusal.ts'
import type { Decision, PolicyRequest } from '../../policy/contract.ts'
import { refusalDetails } from '../../policy/decision-trace.ts'
import type { ControlContext } from '../control-context.ts'

/**
 * Asks the policies about one call of a person, as that person. Throws `policy-denied` and `policy-error`. A
 * call that another writer overtakes asks again only when its question has changed, so that a slow policy
 * delays it once.
 */
export class PolicyQuestion {
  readonly #decide: ControlContext['decide']
  #last: { readonly request: PolicyRequest; readonly decision: Decision } | undefined

  constructor({ decide }: Pick<ControlContext, 'decide'>) {
    this.#decide = decide
  }

  /** `what` names the call in the error, such as `applying ModelRoute default/churn`. */
  async ask(request: PolicyRequest, what: string): Promise<Decision> {
    const decision =
      this.#last !== undefined && sameJson(this.#last.request, request)
        ? this.#last.decision
        : await this.#decide(request)
    this.#last = { request, decision }
    const refusal = callRefusal(request, decision)
    if (refusal === undefined) return decision
    throw new ModelspineError(refusal.code, `${what} is refused: ${refusal.why}`, {
      details: refusalDetails(decision),
    })
  }
}
