import type { DeploymentStatus, Rollout } from '../../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../../resources/deployment/revision.ts'
import type { Permit } from '../machine-types.ts'
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

/** The details of an audit record that name the policies, so that a move can be traced to them. */
export function policyDetails(
  permit: Pick<Permit, 'policyRevision' | 'findings'> | undefined,
): Readonly<Record<string, unknown>> {
  if (permit === undefined || permit.policyRevision === '') return {}
  return { policyRevision: permit.policyRevision, findings: permit.findings }
}

const reasons = { deny: 'Denied', 'approval-required': 'ApprovalRequired', error: 'PolicyError' } as const
