import type { ModelDeploymentInput, ModelRouteInput } from 'modelspine'
import type { KillAt } from '../kill-plan.ts'

/** What a victim is told when it starts. */
export interface Orders {
  /** Holds everything of the run: state, audit log, registry, targets. */
  readonly folder: string
  readonly life: number
  readonly kill?: KillAt
}

export type Call =
  | { readonly call: 'apply'; readonly resource: ModelDeploymentInput | ModelRouteInput }
  | { readonly call: 'delete'; readonly name: string }
  /** Answers once the deployment is converged and nothing of it is under way. */
  | { readonly call: 'settle'; readonly name: string }
  | { readonly call: 'settle-gone'; readonly name: string }
  /** Everything is done: a kill that is still planned happens here. */
  | { readonly call: 'end' }
  /** Looks at a deployment now, whether anything is due or not. */
  | { readonly call: 'reconcile'; readonly name: string }
  | { readonly call: 'explain' }
  | { readonly call: 'stop' }

export interface Question {
  readonly id: number
  readonly asked: Call
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly value?: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string }
