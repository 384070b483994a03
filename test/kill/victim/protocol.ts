import type { ModelDeploymentInput, ModelRouteInput } from 'modelspine'
import type { KillAt } from '../kill-plan.ts'
import type { Mode } from '../mode.ts'

/** The orders that a victim gets when it starts. */
export interface Orders {
  /** Holds everything of the run: state, audit log, registry, targets. */
  readonly folder: string
  readonly mode: Mode
  readonly life: number
  readonly kill?: KillAt
}

export type Call =
  | { readonly call: 'apply'; readonly resource: ModelDeploymentInput | ModelRouteInput }
  | { readonly call: 'delete'; readonly name: string }
  /** Answers once this process has the lease. */
  | { readonly call: 'lead' }
  /** Answers once the deployment is converged and has no effect under way. */
  | { readonly call: 'settle'; readonly name: string }
  | { readonly call: 'settle-gone'; readonly name: string }
  /** Everything is done: a kill that is still planned happens here. */
  | { readonly call: 'end' }
  /** Looks at a deployment now, even when no work is due. */
  | { readonly call: 'reconcile'; readonly name: string }
  | { readonly call: 'explain' }
  | { readonly call: 'stop' }

export interface Question {
  readonly id: number
  readonly asked: Call
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value?: unknown }
  /** Another process leads now, as on a machine too busy to renew a lease in time. */
  | { readonly id: number; readonly ok: false; readonly elsewhere: true }
  | { readonly id: number; readonly ok: false; readonly message: string }
