/**
 * The rollout's machine is a pure function of what is declared, known, observed and measured. It answers with
 * at most one effect, the next status and the time of the next look. It reads no clock and makes no calls.
 * The process may be killed at any point, because every step starts from the stored status and the observed
 * target.
 */

import type { ObservedTarget, TargetCapabilities, TargetWant } from '../../deployment-target/contract.ts'
import type { DecisionTrace } from '../../policy/contract.ts'
import type {
  DeploymentStatus,
  EffectKind,
  GateResult,
  GateWindow,
  Measured,
  PromotedAlias,
} from '../../resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../resources/deployment/model-deployment.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { Actor } from '../../resources/metadata.ts'
import type { Interval } from '../../telemetry/contract.ts'

/** The declared state, as the machine sees it. */
export interface Declared {
  readonly spec: ModelDeploymentSpec
  readonly generation: number
  /** Who wrote this generation. */
  readonly actor: Actor
  /**
   * The revision that the reference resolves to now. While the registry cannot be asked, it is the last pin.
   * Absent before the first answer.
   */
  readonly desired?: Revision
  readonly deletion?: { readonly actor: Actor }
  /** The capabilities of the target that holds the revisions. */
  readonly capabilities: TargetCapabilities
  /** Targets of the status that the plane does not have. */
  readonly missing: readonly string[]
  /** This plane cannot run what is declared. Then a rollout begins nothing and does not go forward. */
  readonly hindered?: boolean
  /** How late the numbers of each gate are, in milliseconds; absent where they are not late. */
  readonly delaysMs?: Readonly<Record<string, number>>
  /**
   * Milliseconds after which routers of all processes know of changed traffic. 0 or absent when there are no
   * other processes.
   */
  readonly routersLearnMs?: number
  /** A route that still refers to the deployment. It is looked up while the deployment is being deleted. */
  readonly usedBy?: string
}

/** Answers to the questions of earlier instructions. */
export interface Analysis {
  readonly permit?: Permit
  /** The results of the step's gates, for the window that was asked about. */
  readonly gates?: readonly GateResult[]
  /** Given although no instruction asks for it. Absent when it is not measured. */
  readonly serving?: Serving
  /** What the target shows that the deployment comes to. */
  readonly look?: Look
}

/** An observation of a target that a deployment moves to. */
export interface Look {
  readonly target: string
  readonly capabilities: TargetCapabilities
  /** Absent when the target could not be observed. */
  readonly observed?: ObservedTarget
}

/** How requests to the stable revision went lately, as the plane's own router saw them. */
export interface Serving {
  readonly revision: string
  readonly failed: number
  /** Requests whose outcome says something about the revision; 0 when there were none. */
  readonly total: number
}

/** The policy engines' answer about one transition. Its trace is empty when no engine was asked. */
export interface Permit extends DecisionTrace {
  readonly revision: string
  readonly weight: number
  readonly verdict: 'allow' | 'deny' | 'approval-required' | 'error'
  readonly message: string
}

/** A question that must be answered before the machine can decide. It comes with no effect and no change. */
export type Need =
  | { readonly kind: 'permit'; readonly revision: Revision; readonly weight: number }
  | { readonly kind: 'look'; readonly target: string }
  | {
      readonly kind: 'gates'
      readonly gates: readonly AskedGate[]
      readonly candidate: string
      readonly stable?: string
      readonly fromMs: number
      /** The chance of a false alarm that each gate has in this step, in all its windows together. */
      readonly alpha: number
      /** The candidate's part of the requests that go to it or to the stable revision, from 0 to 1. */
      readonly share?: number
      /** When the split was last changed. */
      readonly splitSinceMs?: number
      /** The step is judged by the answers, so every source is asked. */
      readonly atEnd?: boolean
    }

/** A gate to read. Its numbers are there up to `toMs`. When that is before `fromMs`, none are. */
export interface AskedGate {
  readonly gate: string
  readonly toMs: number
  /** The stable revision before the step, as an earlier look read it. */
  readonly basis?: Measured
  /** The window of this step in which it was tested last. */
  readonly window?: GateWindow
  /** The interval before the step, over which a comparison reads the stable revision, too. Only until it was read. */
  readonly before?: Interval
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
  /** The person who did it; absent when the loop did it by itself. */
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
  | 'analysis-extended'
  | 'split-changed'
  | 'revision-requested'
  | 'revision-removal-requested'
  | 'scale-requested'
  | 'split-requested'
  | 'destroy-requested'
  | 'operation-failed'
  | 'revisions-adopted'
  | 'deployment-retargeted'
  | 'deployment-removed'
  | 'deployment-taken-over'
  | 'target-given-up'
  | 'alias-requested'
  | 'alias-set'
  | 'alias-moved'

export interface Instruction {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
  readonly effect?: Effect
  /** An alias that the registry has not taken yet. Only without an effect. */
  readonly alias?: PromotedAlias
  readonly need?: Need
  /** Milliseconds after which time alone changes something. Null when only a change from outside does. */
  readonly requeueAfterMs: number | null
  /** True when the deletion is done: the target holds nothing any more. */
  readonly finished?: boolean
  /** True when the write makes something safe, or gives room, so that a full store must take it. */
  readonly urgent?: boolean
}

export type Observed = ObservedTarget
