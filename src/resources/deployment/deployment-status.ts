import type { Actor } from '../metadata.ts'
import type { Condition } from './condition.ts'
import type { Scale } from './model-deployment.ts'
import type { Endpoint, Revision } from './revision.ts'
import type { TrafficEntry } from './traffic.ts'

/** The facts that the loop knows about a ModelDeployment. Times are milliseconds since the epoch. */
export interface DeploymentStatus {
  /** The version of this shape. Older ones are brought to it when they are read. */
  readonly statusVersion: number
  /** The newest generation that the loop has decided on. */
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  /** The revisions that `desired` and the placements name, by name. Each one is kept here once. */
  readonly revisions: Readonly<Record<string, Revision>>
  /** The revision that the model reference resolved to last, with the runtime settings of that generation. */
  readonly desired?: string
  /** The reference that `desired` was resolved from, as written by `formatReference`. */
  readonly resolvedFrom?: string
  /** When look-ups gave another revision although nobody changed this generation: the newest ten. */
  readonly changed?: { readonly generation: number; readonly atMs: readonly number[] }
  /** What targets hold of this deployment, or are to hold. At most one for each target. */
  readonly placements: readonly Placement[]
  /** Which requests go where. The weights sum to 100. Empty before any revision was ready. */
  readonly traffic: readonly TrafficEntry[]
  /** When `traffic` was last changed. What lost its traffic then is not removed before every router knows. */
  readonly trafficSinceMs?: number
  /**
   * A named actor gave the deployment's targets to this store, until the next accepted change, and for ten
   * minutes at most.
   */
  readonly takeOver?: Asked
  /** Targets that the plane no longer has, and whose remains a named actor gave up. */
  readonly givenUp?: readonly GivenUp[]
  /** The revision that traffic returns to. */
  readonly stable?: string
  readonly rollout: Rollout
  /**
   * Names the list of steps in which `rollout.step` counts. When other steps are declared, the rollout begins
   * again at their first step.
   */
  readonly steps?: string
  /** Revisions that are not tried again until a person asks for a retry; the newest 100 are kept. */
  readonly aborted: readonly AbortedRevision[]
  /** While this is set, the rollout does not move forward. */
  readonly paused?: Asked
  /** Approvals of revisions that are not stable yet; the newest 100 are kept. */
  readonly approvals: readonly Approved[]
  /** How the last rollout ended. */
  readonly last?: EndedRollout
  /** What `spec.onPromoted` asks of the registry for the stable revision. */
  readonly alias?: PromotedAlias
}

/** An alias that is to point to the version of a stable revision. */
export interface PromotedAlias {
  readonly revision: string
  readonly registry: string
  readonly model: string
  readonly version: string
  readonly alias: string
  /** When it was asked for. */
  readonly sinceMs: number
  /** A call whose outcome is not known. Written before the call. `from` is where the alias pointed to then. */
  readonly call?: { readonly fence: number; readonly from: string | null }
  /** When the registry said that the alias points to the version. */
  readonly setMs?: number
  /** When it was seen that somebody moved the alias before the outcome of a call was known. */
  readonly movedMs?: number
  /** Why the registry has not taken it yet. */
  readonly failed?: { readonly reason: string; readonly message: string }
}

export interface RevisionStatus {
  /** The name of the revision. */
  readonly revision: string
  /** `requested` until the target shows it. */
  readonly state: 'requested' | 'starting' | 'ready' | 'unready' | 'failed' | 'stopping'
  /** When `state` last changed. */
  readonly sinceMs: number
  readonly reason?: string
  readonly message?: string
  readonly endpoint?: Endpoint
  /**
   * Looks in a row that did not show the revision, and the time of the first. The state above stays as it was
   * until the loss is believed.
   */
  readonly missing?: { readonly looks: number; readonly sinceMs: number }
  /**
   * Since when it has not been ready for good. A revision that is ready for a moment between two crashes stays
   * in trouble: only `deadline` without a crash ends it.
   */
  readonly troubledSinceMs?: number
}

/** What one target holds of a deployment, or is to hold. */
export interface Placement {
  readonly target: string
  /**
   * - `serving`: rollouts happen here. At most one placement serves.
   * - `coming`: the deployment moves here. What is here becomes ready, and has no traffic yet.
   * - `leaving`: the loop removes what is here. It gets no traffic.
   */
  readonly role: 'serving' | 'coming' | 'leaving'
  /** When it got this role. */
  readonly sinceMs: number
  /** Revisions that are meant to exist at the target, in the order in which they were asked for. */
  readonly revisions: readonly RevisionStatus[]
  /** The scale that the target accepted last, for targets that do not report the scale in force. */
  readonly scale?: Scale
  /** The effect whose outcome is not known yet. At most one placement has one. */
  readonly effect?: LedgerEntry
  /**
   * Changes that were asked of the target and are not seen there yet, such as `create:1f0c…`. Each was
   * audited when it was first asked.
   */
  readonly requested: readonly RequestedChange[]
  /** The handles that the target gave to find its operations and revisions again, the oldest first. */
  readonly handles: readonly Handle[]
}

/**
 * Where a rollout stands. `revision` is the candidate, unless a phase says otherwise. `step` counts from 0.
 */
export type Rollout =
  /**
   * The model is not resolved yet, or the loop is about to compare the desired revision with the stable one.
   */
  | { readonly phase: 'pending'; readonly sinceMs: number }
  /** A policy does not allow the revision to be created (`weight` 0) or to take this weight. */
  | {
      readonly phase: 'blocked'
      readonly revision: string
      readonly step: number
      readonly weight: number
      readonly sinceMs: number
      readonly reason: 'Denied' | 'ApprovalRequired' | 'PolicyError'
      readonly message: string
    }
  /** The candidate is created or being created, and not ready yet. */
  | { readonly phase: 'starting'; readonly revision: string; readonly sinceMs: number }
  | {
      readonly phase: 'shifting'
      readonly revision: string
      readonly step: number
      readonly weight: number
      readonly sinceMs: number
    }
  /** Without `untilMs`, the pause lasts until a person promotes. */
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
      /**
       * Where the measured interval begins, when it is later than `sinceMs` because the source lost its
       * earlier data.
       */
      readonly fromMs?: number
      /** The step ended undecided and measures on, until `untilMs` at most. */
      readonly extended?: true
      /** In how many windows the gates of this step were tested before a person resumed it. */
      readonly earlierWindows?: number
      readonly gates: readonly GateResult[]
    }
  /** An analysis ended without an answer. The rollout waits for promote, resume or abort. */
  | {
      readonly phase: 'holding'
      readonly revision: string
      readonly step: number
      readonly sinceMs: number
      readonly gates: readonly GateResult[]
      readonly message: string
    }
  /** `revision` is stable. The revision that it replaced is kept until `untilMs`, then removed. */
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
  /**
   * `revision` is aborted and the stable revision serves. The deployment waits for retry or for another
   * revision.
   */
  | {
      readonly phase: 'failed'
      readonly revision: string
      readonly sinceMs: number
      readonly cause: RollbackCause
      readonly message: string
      readonly gates?: readonly GateResult[]
    }
  | { readonly phase: 'converged'; readonly revision: string; readonly sinceMs: number }
  /** A create was sent and its outcome cannot be found out. The deployment waits for retry. */
  | {
      readonly phase: 'stopped'
      readonly revision: string
      readonly sinceMs: number
      readonly message: string
    }
  /**
   * The deployment moves to `target`, where `revision` is created or becomes ready. The old target serves until
   * then.
   */
  | {
      readonly phase: 'retargeting'
      readonly target: string
      readonly revision: string
      readonly sinceMs: number
    }
  | {
      readonly phase: 'deleting'
      readonly sinceMs: number
      /** The target answered that nothing is left to remove. */
      readonly emptied?: true
      /** Revisions whose creation has an unknown outcome, so that something of them may remain. */
      readonly mayRemain?: readonly string[]
    }

export type Phase = Rollout['phase']

export type Analyzing = Extract<Rollout, { phase: 'analyzing' }>

export type RollbackCause =
  | 'GateFailed'
  | 'GateInconclusive'
  | 'RevisionFailed'
  | 'ProgressDeadlineExceeded'
  | 'TargetRefused'
  | 'Aborted'
  /** A person was asked and did not answer within `answerWithin`. */
  | 'NoAnswer'
  /** Another revision is wanted now. The only cause that does not abort the revision. */
  | 'Superseded'

export interface GateResult {
  readonly gate: string
  /** `undecided`: the numbers show neither that the rule is met nor that it is broken. */
  readonly verdict: 'pass' | 'fail' | 'undecided' | 'too-few-samples' | 'no-data' | 'error'
  /**
   * A pass or a failure that a test has shown. A verdict that is not conclusive counts at the end of the step only.
   */
  readonly conclusive: boolean
  readonly candidate?: Measured
  readonly stable?: Measured
  /** How the numbers were judged. */
  readonly method?: GateMethod
  /** The candidate minus the stable revision, or minus the bound, in the metric's unit. */
  readonly difference?: Difference
  /** The stable revision before the step. It is read once, at the step's first look. */
  readonly basis?: Measured
  /** For people: what would have to happen next. */
  readonly next?: string
  /**
   * How many more samples of the candidate show something, if the numbers stay as they are, and what. Absent when that is
   * far away.
   */
  readonly missing?: { readonly samples: number; readonly verdict: 'pass' | 'fail' }
  /** What made the numbers of the two revisions incomparable. Only with the verdict `error`. */
  readonly spoiled?: 'split' | 'window' | 'labels' | 'retries'
  /**
   * Where the source's data begins, when that is after the begin of the step: the source was started anew
   * since.
   */
  readonly coveredFromMs?: number
  /** The window in which the gate was tested last. Absent before its first test. */
  readonly window?: GateWindow
  /** For people: the numbers and the rule. */
  readonly message: string
}

/** A window of a step. When it begins again, it is a new test, with a part of the gate's chance of an error. */
export interface GateWindow {
  /** 1 for the first window of the step. */
  readonly number: number
  /** Where the tested numbers begin, in milliseconds since the epoch. Absent when this window is over. */
  readonly fromMs?: number
}

/** The test that a gate's numbers were put to. `plain` tests nothing. */
export type GateMethod =
  | 'proportions'
  | 'proportion'
  | 'bounded-means'
  | 'asymptotic-means'
  | 'quantiles'
  | 'rates'
  | 'plain'

/**
 * The true difference lies from `low` to `high` at all looks of the step, but for the gate's chance of an error. An end is
 * absent while nothing bounds the difference on its side.
 */
export interface Difference {
  readonly value: number
  readonly low?: number
  readonly high?: number
}

export interface Measured {
  readonly value: number
  readonly samples?: number
}

export type EffectKind = 'create' | 'shift' | 'scale' | 'retire' | 'destroy'

export interface LedgerEntry {
  readonly operationId: string
  readonly kind: EffectKind
  /** The change, as named in `requested`. */
  readonly change: string
  /** The revision that is created or retired. */
  readonly revision?: string
  readonly sinceMs: number
  readonly fence: number
}

/**
 * A handle belongs to the placement. It is kept until nothing of the deployment is left at the target, and of
 * each placement the newest 100 are kept. The newest handle of a revision that is meant to exist is kept, too.
 */
export interface Handle {
  readonly handle: string
  /** The revisions whose creation was answered with this handle. */
  readonly revisions: readonly string[]
}

export interface RequestedChange {
  /** `create:<revision>`, `retire:<revision>`, `shift:<split>`, `scale:<min>-<max>` or `destroy`. */
  readonly change: string
  /** Whether the target answered that it accepted the change. */
  readonly accepted: boolean
  /** The operation that was sent last. */
  readonly operationId?: string
  /** When `operationId` was accepted. */
  readonly acceptedMs?: number
  /** The target is busy, could not be told, or failed the change: it is sent again after this moment. */
  readonly notBeforeMs?: number
  /** The target answered that it is busy, and took nothing: since when, and how often. */
  readonly busy?: {
    readonly sinceMs: number
    readonly times: number
  }
  /** The operations of this change that failed: how many, and why the last one did. */
  readonly failed?: {
    readonly times: number
    readonly reason: string
  }
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

export interface GivenUp extends Asked {
  readonly target: string
}

export interface Approved extends Asked {
  readonly revision: string
  /** Whether the approval overrides soft findings, too. */
  readonly overrideSoft: boolean
}

export interface EndedRollout {
  readonly revision: string
  readonly outcome: 'completed' | 'rolled-back' | 'superseded'
  readonly message: string
  readonly endedMs: number
}
