import type { ObservedTarget } from '../../../../../src/deployment-target/contract.ts'
import type { DeploymentStatus } from '../../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../../src/resources/deployment/model-deployment.ts'
import { servingRevisions } from '../../../../../src/rollout/machine/status-edits.ts'
import type { AuditEntry } from '../../../../../src/security/contract.ts'
import type { Run } from '../run.ts'

/** One write of the loop that the store accepted. */
export interface Written {
  readonly run: Run
  readonly before: DeploymentStatus
  readonly after: DeploymentStatus
  readonly events: readonly AuditEntry[]
  /** What the look had read. */
  readonly spec: ModelDeploymentSpec
  readonly deleting: boolean
  /** The name of the revision that is declared, as far as the look knew. */
  readonly desired: string | undefined
  /** The target that serves from now on. */
  readonly target: string
  /** It is not the target that served before. */
  readonly moved: boolean
  /** What this look saw at `target`; undefined when it has no answer. */
  readonly observed: ObservedTarget | undefined
  readonly now: number
}

/**
 * Whether the last observation showed a revision, and showed it ready: the observation of this look, or else
 * the one that the status tells of.
 */
export function wasReady({ before, observed }: Written, revision: string): boolean {
  return observed === undefined
    ? servingRevisions(before).some(
        (each) => each.revision === revision && each.state === 'ready' && each.missing === undefined,
      )
    : observed.revisions.some((each) => each.revision === revision && each.state === 'ready')
}

/** For the message of a broken law. */
export function printed(status: DeploymentStatus): string {
  const { rollout, stable, traffic } = status
  const states = servingRevisions(status).map(
    ({ revision, state, missing }) => `${revision} ${state}${missing === undefined ? '' : ' missing'}`,
  )
  return JSON.stringify({ rollout, stable, traffic, states })
}
