import type { TargetWant } from '../../deployment-target/contract.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { weightOf } from './status-edits.ts'
import type { Context } from './transition.ts'

/** Percent points by which a vendor's report of a share may be off: rounding of ratios. */
const tolerance = 0.5

/** The whole state that the target is told. */
export function wantOf({ declared }: Context, status: DeploymentStatus): TargetWant {
  return {
    revisions: status.revisions.map(({ revision }) => revision),
    split: status.split,
    scale: declared.spec.scale,
  }
}

/** Whether the split in force is the one in status; always, where our router splits. */
export function splitIsObserved({ declared, observed }: Context, status: DeploymentStatus): boolean {
  if (declared.capabilities.split === 'none') return true
  return observed.revisions.every(
    ({ revision, weight }) => Math.abs((weight ?? 0) - weightOf(status.split, revision)) <= tolerance,
  )
}

/**
 * Whether setting the split at the target would raise the share of a revision that is not ready: it was when the split
 * was decided, and the target did not take it then.
 */
export function raisesUnready({ observed }: Context, status: DeploymentStatus): boolean {
  return observed.revisions.some(
    ({ revision, state, weight }) =>
      state !== 'ready' && weightOf(status.split, revision) > (weight ?? 0) + tolerance,
  )
}

/** Whether every revision that tells its scale has the declared one. */
export function scaleIsObserved({ declared, observed }: Context): boolean {
  const { min, max } = declared.spec.scale
  return observed.revisions.every(
    ({ scale, state }) =>
      scale === undefined || state === 'stopping' || (scale.min === min && scale.max === max),
  )
}
