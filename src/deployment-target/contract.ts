/**
 * Where revisions run: KServe, SageMaker, Vertex, a local process, or hosted by a vendor.
 *
 * A target is told the whole wanted state, never a verb, because vendors tie revisions and traffic together.
 * `apply` sends at most one mutation to the vendor and does not wait for it to finish; the loop calls it again, with
 * the same want, until `observe` shows what is wanted. It must therefore be idempotent: the same want applied twice
 * creates nothing twice, also when the first call's answer was lost. Where the vendor allows, names are derived from
 * the key and the revision's name; else the operation id is written as a tag and looked up before creating.
 *
 * Errors: `target-unavailable` (retried), `target-refused` (terminal until the spec changes), `fence-stale`,
 * `conflict` (the etag did not match), `aborted`. Vendor errors are wrapped and scrubbed of credentials.
 */

import type { Scale } from '../resources/deployment/model-deployment.ts'
import type { Endpoint, Revision, Split } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { Secret } from '../security/contract.ts'

/** The whole state asked for. Empty revisions are not a want: `destroy` says that. */
export interface TargetWant {
  readonly revisions: readonly Revision[]
  /** Meaningful only where the target splits; a revision not listed gets nothing. */
  readonly split: Split
  /** Replicas of each revision. */
  readonly scale: Scale
}

export type RevisionState =
  /** Created, not serving yet. */
  | 'starting'
  | 'ready'
  /** Was ready or could be, is not now; the target keeps trying. */
  | 'unready'
  /** Will not become ready by itself. */
  | 'failed'
  | 'stopping'

export interface ObservedRevision {
  readonly revision: string
  readonly state: RevisionState
  /** One CamelCase word when not ready: `ProbeFailing`, `ImagePullBackOff`. */
  readonly reason?: string
  readonly message?: string
  readonly endpoint?: Endpoint
  /** Percent of traffic as the vendor reports it; only where the target splits. */
  readonly weight?: number
  /** The scale in force, where the target can tell. */
  readonly scale?: Scale
}

export interface ObservedOperation {
  readonly operationId: string
  readonly state: 'running' | 'succeeded' | 'failed'
  readonly reason?: string
}

/** What is there, whatever was meant. Revisions that are gone are left out. */
export interface ObservedTarget {
  readonly revisions: readonly ObservedRevision[]
  /** Operations among the given handles that the vendor still knows. */
  readonly operations: readonly ObservedOperation[]
  /** Passed back as `ifMatch`, where the vendor has one. */
  readonly etag?: string
}

export type TargetPlan =
  | { readonly kind: 'steps'; readonly steps: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

export interface ApplyOptions {
  /** The ledger's id of this effect; the same again after a crash. */
  readonly operationId: string
  /** The lease's number; a target that can check it refuses one older than it has seen for this key with `fence-stale`. */
  readonly fence: number
  readonly ifMatch?: string
  /** From status, all that earlier effects gave: how a target with random names finds what is its own. */
  readonly handles?: readonly string[]
  readonly abortSignal?: AbortSignal
  /** Resolves a reference of `runtime.secrets`. Asked before anything is sent; what it throws is thrown on as it is. */
  readonly secret: (reference: string) => Promise<Secret>
}

export interface ObserveOptions {
  /** From status, all that earlier effects gave. */
  readonly handles?: readonly string[]
  /**
   * From status: revisions that were sent and are not known to be gone. A target that creates nothing, because a
   * vendor runs the model anyway, answers from them, and so needs no memory of its own. Others observe what is there.
   */
  readonly applied?: readonly Revision[]
  readonly abortSignal?: AbortSignal
}

export type ApplyResult =
  /** One mutation was sent. `handle` finds it again in `observe`; kept in status. */
  | { readonly kind: 'accepted'; readonly handle?: string }
  /** What is wanted is already there or on its way. */
  | { readonly kind: 'unchanged' }
  /** The vendor is still working on the last one; nothing was sent. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

export interface TargetCapabilities {
  /** How many revisions can exist side by side. With one, a first revision is deployed and every update is refused. */
  readonly maxRevisions: number
  /** `none`: our router splits, between the endpoints of the revisions. */
  readonly split: 'none' | 'percent' | 'ratio'
  /** `random`: a create whose answer was lost cannot be found again; the loop stops with `OutcomeUnknown`. */
  readonly names: 'deterministic' | 'tagged' | 'random'
  readonly fencing: 'checked' | 'conditional' | 'none'
  /** How a reply tells which revision gave it. `none` rules out gates on what the router measured. */
  readonly attribution: 'address' | 'reply' | 'none'
  readonly scaleToZero: boolean
  readonly mirror: boolean
}

/** `Settings` is the type of `spec.target.settings` for this target. The compiler checks it in `plane.deploy`. */
export interface DeploymentTarget<Settings = unknown> {
  /** For the compiler alone. It is never set. */
  readonly '~settings'?: Settings
  readonly capabilities: TargetCapabilities
  /** Problems of `spec.target.settings`, empty when they are fine. Pure. */
  checkSettings(settings: Readonly<Record<string, unknown>>): readonly SettingsProblem[]
  /**
   * The protocols that the endpoints of a deployment with these settings will speak. Leave the method out where they are
   * not known before a revision runs. The plane refuses a route to a protocol that its `connect` does not have. Pure.
   */
  protocols?(settings: Readonly<Record<string, unknown>>): readonly string[]
  /** What `apply` would do, or why it cannot be done here. Pure. */
  plan(want: TargetWant, observed: ObservedTarget): TargetPlan
  apply(key: Key, want: TargetWant, options: ApplyOptions): Promise<ApplyResult>
  /** An unknown key observes as empty. */
  observe(key: Key, options?: ObserveOptions): Promise<ObservedTarget>
  /** Keys that have anything here; how orphans are found. */
  list(options?: { readonly abortSignal?: AbortSignal }): Promise<readonly Key[]>
  /** Removes everything of the key, in as many calls as it takes: `accepted` until `unchanged`. */
  destroy(
    key: Key,
    options: Omit<ApplyOptions, 'secret' | 'ifMatch'>,
  ): Promise<Exclude<ApplyResult, { kind: 'refused' }>>
  /** Keys that may have changed; a hint. Ends when aborted. */
  changes?(abortSignal: AbortSignal): AsyncIterable<Key>
  /**
   * Called when this process is no longer the one that works, but lives: lets go of whatever keeps another process out.
   * A later call takes it up again.
   */
  standDown?(): Promise<void>
  /** Lets go of timers and handles. What runs goes on running. */
  close?(): Promise<void>
}

export interface SettingsProblem {
  /** Path below `spec.target.settings`. */
  readonly field: string
  readonly message: string
}
