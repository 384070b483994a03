import type { Phase } from '../../../resources/deployment/deployment-status.ts'

/**
 * A command that a named actor may give to a rollout. `revision`, `step` and `phase` say where the rollout
 * stands for that actor. Steps count from 0, as in the status.
 */
export type Command =
  /**
   * Lets a revision, by default the desired one, pass an approval obligation. With `overrideSoft`, it passes
   * soft findings too.
   */
  | {
      readonly kind: 'approve'
      readonly revision?: string
      readonly step?: number
      readonly overrideSoft?: boolean
    }
  /**
   * Ends the current step. With `full`, ends all steps that are left: the revision takes all traffic and
   * becomes stable. Gates that this skips are audited.
   */
  | {
      readonly kind: 'promote'
      readonly revision?: string
      readonly step?: number
      readonly phase?: Phase
      readonly full?: boolean
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'abort'; readonly revision?: string; readonly reason?: string }
  /** Allows an aborted revision, or one whose outcome is unknown, to be tried again. */
  | { readonly kind: 'retry'; readonly revision?: string }
  /** Gives the deployment's targets to this store, whatever fence of whatever store they obeyed before. */
  | { readonly kind: 'take-over' }
  /** Gives up what a target still holds that the plane does not have any more. */
  | {
      readonly kind: 'give-up'
      readonly target: string
      /** Whether the plane has the target. */
      readonly configured: boolean
    }
