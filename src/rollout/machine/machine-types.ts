/**
 * The rollout: a pure function from what is declared, known, observed and measured to at most one effect, the next
 * status and when to look again. It reads no clock, calls nobody and can be killed anywhere, because every step
 * starts from what is stored and what is there.
 */

import type { ObservedTarget, TargetCapabilities, TargetWant } from '../../deployment-target/contract.ts'
import type { Finding } from '../../policy/contract.ts'
import type {
  DeploymentStatus,
  EffectKind,
  GateResult,
} from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { Actor } from '../../resources/metadata.ts'

/** What is wanted, as the state machine sees it. */
export interface Declared {
  readonly spec: ModelDeploymentSpec
  readonly generation: number
  /** Who wrote this generation. */
  readonly actor: Actor
  /** What the reference stands for now; the last pin while the registry cannot be asked; absent before the first answer. */
  readonly desired?: Revision
  readonly deletion?: { readonly actor: Actor }
  /** Of the target that holds the revisions. */
  readonly capabilities: TargetCapabilities
}

/** Answers to what an earlier instruction needed. */
export interface Analysis {
  readonly permit?: Permit
  /** By gate name, for the window of the step that was asked about. */
  readonly gates?: readonly GateResult[]
  /** Given without being asked for; absent where nobody measures it. */
  readonly serving?: Serving
}

/** How requests to the stable revision went lately, as our own router met it. */
export interface Serving {
  readonly revision: string
  readonly failed: number
  /** Requests that tell something of the revision; 0 when there were none. */
  readonly total: number
}

/** What the policy engines said about one transition. */
export interface Permit {
  readonly revision: string
  readonly weight: number
  readonly verdict: 'allow' | 'deny' | 'approval-required' | 'error'
  readonly message: string
  /** Which text of the policies decided, and what they found; empty where nothing polices this. */
  readonly policyRevision: string
  readonly findings: readonly Finding[]
}

/** A question to be answered before the instruction can be made; it comes with no effect and no change. */
export type Need =
  | { readonly kind: 'permit'; readonly revision: Revision; readonly weight: number }
  | {
      readonly kind: 'gates'
      readonly gates: readonly string[]
      readonly candidate: string
      readonly stable?: string
      readonly fromMs: number
      readonly toMs: number
    }

export interface Effect {
  readonly kind: EffectKind
  /** Names the change, as in `status.requested`. */
  readonly change: string
  readonly revision?: string
  /** Absent for `destroy`. */
  readonly want?: TargetWant
  readonly target: string
}

/** Something that happened, for the audit log, the plane's events and telemetry. */
export interface RolloutEvent {
  readonly action: RolloutAction
  readonly details: Readonly<Record<string, unknown>>
  /** Who did it, where a person did. */
  readonly actor?: Actor
}

export type RolloutAction =
  | 'rollout-started'
  | 'rollout-blocked'
  | 'rollout-held'
  | 'rollout-completed'
  | 'rollout-failed'
  | 'rollout-superseded'
  | 'rollout-rolled-back'
  | 'rollout-stopped'
  | 'rollout-promoted'
  | 'rollout-paused'
  | 'rollout-resumed'
  | 'rollout-aborted'
  | 'rollout-retried'
  | 'revision-approved'
  | 'step-entered'
  | 'analysis-passed'
  | 'split-changed'
  | 'revision-requested'
  | 'revision-removal-requested'
  | 'scale-requested'
  | 'split-requested'
  | 'destroy-requested'
  | 'deployment-retargeted'
  | 'deployment-removed'

export interface Instruction {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
  readonly effect?: Effect
  readonly need?: Need
  /** Time alone changes something after this long; null when only a change from outside does. */
  readonly requeueAfterMs: number | null
  /** Deletion is done: nothing is left at the target. */
  readonly finished?: boolean
}

export type Observed = ObservedTarget
