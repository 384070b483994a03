import type { TargetWant } from '../../deployment-target/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { weightOf } from './status-edits.ts'
import type { Context } from './transition.ts'

/** Percentage points by which a vendor's reported weight may be off, because vendors round ratios. */
const tolerance = 0.5

/** The whole wanted state, as the target is told it. */
export function wantOf({ declared }: Context, status: DeploymentStatus): TargetWant {
  return {
    revisions: status.revisions.map(({ revision }) => revision),
    split: status.split,
    scale: declared.spec.scale,
  }
}

/** Whether the target shows the split of the status. Always true when the plane's own router splits. */
export function splitIsObserved({ declared, observed }: Context, status: DeploymentStatus): boolean {
  if (declared.capabilities.split === 'none') return true
  return observed.revisions.every(
    ({ revision, weight }) => Math.abs((weight ?? 0) - weightOf(status.split, revision)) <= tolerance,
  )
}

/**
 * Whether sending the split would raise the weight of a revision that is not ready. The revision was ready
 * when the split was decided, but the target did not take the split then.
 */
export function raisesUnready({ observed }: Context, status: DeploymentStatus): boolean {
  return observed.revisions.some(
    ({ revision, state, weight }) =>
      state !== 'ready' && weightOf(status.split, revision) > (weight ?? 0) + tolerance,
  )
}

/** Whether every revision that reports a scale has the declared scale. */
export function scaleIsObserved({ declared, observed }: Context): boolean {
  const { min, max } = declared.spec.scale
  return observed.revisions.every(
    ({ scale, state }) =>
      scale === undefined || state === 'stopping' || (scale.min === min && scale.max === max),
  )
}
