import type { DecisionTrace } from '../../../policy/contract.ts'
import type { DeploymentStatus, Rollout } from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import { ask, type BlindContext, type Transition } from '../transition.ts'

/**
 * The transition to make instead of a move that has no permit: ask for the permit, or become blocked with the
 * reason. Undefined when the move is allowed. A weight that was granted before is not taken away.
 */
export function withoutPermit(
  context: BlindContext,
  status: DeploymentStatus,
  revision: Revision,
  weight: number,
  step: number,
): Transition | undefined {
  const { permit } = context.analysis
  if (permit === undefined || permit.revision !== revision.name || permit.weight !== weight) {
    return ask(status, { kind: 'permit', revision, weight })
  }
  if (permit.verdict === 'allow') return undefined
  const reason = reasons[permit.verdict]
  const before = status.rollout
  if (
    before.phase === 'blocked' &&
    before.revision === revision.name &&
    before.weight === weight &&
    before.reason === reason &&
    before.message === permit.message
  ) {
    return { status, events: [], requeueAfterMs: null }
  }
  const rollout: Rollout = {
    phase: 'blocked',
    revision: revision.name,
    step,
    weight,
    sinceMs: context.now,
    reason,
    message: permit.message,
  }
  return {
    status: { ...status, rollout },
    events: [
      {
        action: 'rollout-blocked',
        details: {
          revision: revision.name,
          weight,
          reason,
          message: permit.message,
          ...policyDetails(permit),
        },
      },
    ],
    requeueAfterMs: null,
  }
}

/**
 * The details of an audit record that tell how the policies decided, so that a move can be traced to them. Empty
 * when no engine was asked.
 */
export function policyDetails(trace: DecisionTrace | undefined): Readonly<Record<string, unknown>> {
  if (trace === undefined || (trace.policyRevision === '' && trace.findings.length === 0)) return {}
  const { policyRevision, findings, inputDigest, decisionId } = trace
  return {
    policyRevision,
    findings,
    ...(inputDigest !== undefined && { inputDigest }),
    ...(decisionId !== undefined && { decisionId }),
  }
}

const reasons = { deny: 'Denied', 'approval-required': 'ApprovalRequired', error: 'PolicyError' } as const
