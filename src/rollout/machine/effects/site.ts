import type { DeploymentStatus, Placement } from '../../../resources/deployment/deployment-status.ts'
import type { Split } from '../../../resources/deployment/revision.ts'

/** A target that is compared with what is meant to be there. */
export interface Site {
  readonly status: DeploymentStatus
  readonly at: Placement
  /** The split that the target shall have. */
  readonly split: Split
}
