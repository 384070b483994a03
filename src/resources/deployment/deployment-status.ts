import type { Actor } from '../metadata.ts'
import type { Condition } from './condition.ts'
import type { Endpoint, Revision, Split } from './revision.ts'

/** What the loop knows of a ModelDeployment. Times are milliseconds since the epoch. */
export interface DeploymentStatus {
  /** The generation that was last decided on. */
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  /** What the model reference resolved to last, with the runtime settings of that generation. */
  readonly desired?: Revision
  /** The reference that `desired` was resolved from, as written by `formatReference`. */
  readonly resolvedFrom?: string
  /** The target that holds the revisions below. */
  readonly target?: string
  /** The revision that traffic returns to. */
  readonly stable?: string
  /** Revisions that are meant to exist at the target. */
  readonly revisions: readonly RevisionStatus[]
  readonly split: Split
  readonly rollout: Rollout
  /** Names the steps that `rollout.step` counts in. When others are declared, the rollout begins with the first of them. */
  readonly steps?: string
  /** The one effect whose outcome is not known yet. */
  readonly effect?: LedgerEntry
  /** Changes asked of the target and not seen there yet, such as `create:1f0c…`; each was audited when first asked. */
  readonly requested: readonly RequestedChange[]
  /** What the target gave to find its operations and revisions again; kept as long as their revision. */
  readonly handles: readonly Handle[]
  /** Not tried again until somebody says retry; the newest 100 are kept. */
  readonly aborted: readonly AbortedRevision[]
  /** Nothing moves forward while this is set. */
  readonly paused?: Asked
  /** For revisions not yet stable; the newest 100 are kept. */
  readonly approvals: readonly Approved[]
  /** How the last rollout ended. */
  readonly last?: EndedRollout
}

export interface RevisionStatus {
  readonly revision: Revision
  /** `requested` until the target shows it. */
  readonly state: 'requested' | 'starting' | 'ready' | 'unready' | 'failed' | 'stopping'
  /** When `state` last changed. */
  readonly sinceMs: number
  readonly reason?: string
  readonly message?: string
  readonly endpoint?: Endpoint
}

/** Where a rollout stands. `revision` is the candidate except where said otherwise; `step` counts from 0. */
export type Rollout =
  /** Nothing resolved, or about to look at what is desired. */
  | { readonly phase: 'pending'; readonly sinceMs: number }
  /** A policy does not let the revision be created (`percent` 0) or take this share. */
  | {
      readonly phase: 'blocked'
      readonly revision: string
      readonly step: number
      readonly weight: number
      readonly sinceMs: number
      readonly reason: 'Denied' | 'ApprovalRequired' | 'PolicyError'
      readonly message: string
    }
  /** Created or being created, not ready yet. */
  | { readonly phase: 'starting'; readonly revision: string; readonly sinceMs: number }
  | {
      readonly phase: 'shifting'
      readonly revision: string
      readonly step: number
      readonly weight: number
      readonly sinceMs: number
    }
  /** No `untilMs`: until somebody promotes. */
  | {
      readonly phase: 'pausing'
      readonly revision: string
      readonly step: number
      readonly sinceMs: number
      readonly untilMs?: number
    }
  | {
      readonly phase: 'analyzing'
      readonly revision: string
      readonly step: number
      readonly sinceMs: number
      readonly untilMs: number
      /** Where the interval that counts begins, when later than `sinceMs`: the source lost what it had measured. */
      readonly fromMs?: number
      readonly gates: readonly GateResult[]
    }
  /** An analysis ended without an answer; waits for promote, resume or abort. */
  | {
      readonly phase: 'holding'
      readonly revision: string
      readonly step: number
      readonly sinceMs: number
      readonly gates: readonly GateResult[]
      readonly message: string
    }
  /** `revision` is stable; what it replaced is kept until `untilMs`, then removed. */
  | {
      readonly phase: 'retiring'
      readonly revision: string
      readonly sinceMs: number
      readonly untilMs: number
    }
  | {
      readonly phase: 'rolling-back'
      readonly revision: string
      readonly sinceMs: number
      readonly cause: RollbackCause
      readonly message: string
      readonly gates?: readonly GateResult[]
    }
  /** `revision` is aborted and what was stable serves; waits for retry or for another revision. */
  | {
      readonly phase: 'failed'
      readonly revision: string
      readonly sinceMs: number
      readonly cause: RollbackCause
      readonly message: string
      readonly gates?: readonly GateResult[]
    }
  | { readonly phase: 'converged'; readonly revision: string; readonly sinceMs: number }
  /** A create was sent and its outcome cannot be found out; waits for retry. */
  | {
      readonly phase: 'stopped'
      readonly revision: string
      readonly sinceMs: number
      readonly message: string
    }
  /** Everything is being removed from `target`, to be created anew at the target that is declared now. */
  | { readonly phase: 'retargeting'; readonly target: string; readonly sinceMs: number }
  | { readonly phase: 'deleting'; readonly sinceMs: number }

export type Phase = Rollout['phase']

export type RollbackCause =
  | 'GateFailed'
  | 'GateInconclusive'
  | 'RevisionFailed'
  | 'ProgressDeadlineExceeded'
  | 'TargetRefused'
  | 'Aborted'
  /** Another revision is wanted now. The only cause that does not abort the revision. */
  | 'Superseded'

export interface GateResult {
  readonly gate: string
  readonly verdict: 'pass' | 'fail' | 'too-few-samples' | 'no-data' | 'error'
  /** True when more samples could hardly change the verdict. */
  readonly conclusive: boolean
  readonly candidate?: Measured
  readonly stable?: Measured
  /** Where the source's data begins, when that is later than the step: it was started anew since. */
  readonly coveredFromMs?: number
  /** For people: the numbers and the rule. */
  readonly message: string
}

export interface Measured {
  readonly value: number
  readonly samples?: number
}

export type EffectKind = 'create' | 'shift' | 'scale' | 'retire' | 'destroy'

export interface LedgerEntry {
  readonly operationId: string
  readonly kind: EffectKind
  /** As in `requested`. */
  readonly change: string
  /** Which revision is created or retired. */
  readonly revision?: string
  readonly sinceMs: number
  readonly fence: number
}

export interface Handle {
  readonly handle: string
  /** Absent for changes of the whole; the newest 20 of those are kept. */
  readonly revision?: string
}

export interface RequestedChange {
  /** `create:<revision>`, `retire:<revision>`, `shift:<split>`, `scale:<min>-<max>` or `destroy`. */
  readonly change: string
  /** Whether the target said that it took it. */
  readonly accepted: boolean
}

export interface AbortedRevision {
  readonly revision: string
  readonly cause: RollbackCause
  readonly message: string
  readonly atMs: number
  readonly actor: Actor
}

export interface Asked {
  readonly actor: Actor
  readonly atMs: number
}

export interface Approved extends Asked {
  readonly revision: string
  /** Whether soft findings are overridden, too. */
  readonly overrideSoft: boolean
}

export interface EndedRollout {
  readonly revision: string
  readonly outcome: 'completed' | 'rolled-back' | 'superseded'
  readonly message: string
  readonly endedMs: number
}
