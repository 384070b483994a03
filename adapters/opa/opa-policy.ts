import { messageOf, type PolicyEngine } from 'modelspine/adapter'
import { undecided, undeclared } from '../shared/policy/policy-answer.ts'
import { createVendorClient, type VendorConnection } from '../shared/vendor-client.ts'
import { answerOf, dataReply, dataRequest, saidBy } from './opa-api.ts'
import { decisionOf } from './opa-decision.ts'
import { checkedOptions, type OpaDecisionOptions } from './opa-options.ts'

export interface OpaPolicyOptions<Name extends string = string>
  extends VendorConnection,
    OpaDecisionOptions<Name> {
  /** How long OPA may take until its answer begins, in milliseconds. Default 3,000. */
  readonly timeoutMs?: number
  /** The largest answer, in bytes. Default 1 MiB. */
  readonly maxReplyBytes?: number
}

/** Policies in Rego, decided by an Open Policy Agent over its REST API. Throws `invalid-options`. */
export function opaPolicy<const Name extends string = 'opa'>(
  options: OpaPolicyOptions<Name>,
): PolicyEngine<Name> {
  const words = checkedOptions(options)
  const { name, actions, path } = words
  const client = createVendorClient(
    { timeoutMs: 3000, maxReplyBytes: 1024 * 1024, ...options },
    { vendor: 'OPA', unavailable: 'policy-error', said: saidBy },
  )
  return {
    name,
    actions,
    async decide(request, { abortSignal } = {}) {
      if (!actions.includes(request.action)) return undeclared(request)
      try {
        const reply = await client.read(dataReply, { ...dataRequest(request, path), abortSignal })
        return decisionOf(request, answerOf(reply), words)
      } catch (error) {
        return undecided(request, name, messageOf(error))
      }
    },
    close: () => client.close(),
  }
}
