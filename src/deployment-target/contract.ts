/**
 * A deployment target runs revisions: KServe, SageMaker, Vertex, a local process, or a vendor that hosts the
 * model.
 *
 * A target gets the whole wanted state, never a verb, because vendors tie revisions and traffic together.
 * `apply` sends at most one mutation to the vendor and does not wait for it to finish. The loop calls `apply`
 * again with the same want until `observe` shows the wanted state. So `apply` must be idempotent: the same
 * want applied twice creates nothing twice, even when the answer of the first call was lost. When the vendor
 * allows it, the target derives names from the key and the revision's name. Otherwise it writes the operation
 * id as a tag, and looks for the tag before it creates.
 *
 * Errors: `target-unavailable` (retried), `target-refused` (terminal until the spec changes), `auth` (the vendor
 * refuses the target's credentials), `fence-stale`, `fence-foreign`, `conflict` (the etag did not match), `aborted`. Vendor errors are wrapped, without
 * credentials. A target that knows that nothing left this machine answers `not-sent` instead of throwing.
 */

import type { Scale } from '../resources/deployment/model-deployment.ts'
import type { Artifact, Endpoint, Revision, Split } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { Secret } from '../security/contract.ts'

/**
 * The whole wanted state. It has at least one revision, to create or to keep; to remove everything, the loop
 * calls `destroy`.
 */
export interface TargetWant {
  /** In the order in which they were asked for, the newest last. */
  readonly revisions: readonly Revision[]
  /** Has a meaning only when the target splits. A revision that is not listed gets no traffic. */
  readonly split: Split
  /** Replicas of each revision. */
  readonly scale: Scale
  /**
   * Names of revisions that are at the target and stay there as they are, although the plane does not know
   * what they are made of. The plane adopts them after its store was lost. They may stand in `split`, and they
   * count against `maxRevisions`. The target neither creates, scales nor removes them.
   */
  readonly keep?: readonly string[]
}

export type RevisionState =
  /** Created, but not serving yet. */
  | 'starting'
  | 'ready'
  /** Not ready now, but it may become ready: the target keeps trying. */
  | 'unready'
  /** Not ready, and it will not become ready by itself. */
  | 'failed'
  | 'stopping'

export interface ObservedRevision {
  readonly revision: string
  readonly state: RevisionState
  /** When not ready, one CamelCase word such as `ProbeFailing` or `ImagePullBackOff`. */
  readonly reason?: string
  readonly message?: string
  readonly endpoint?: Endpoint
  /** The weight in percent, as the vendor reports it. Only when the target splits. */
  readonly weight?: number
  /** The scale in force, if the target can tell. */
  readonly scale?: Scale
}

export interface ObservedOperation {
  /** The one that `apply` or `destroy` got, and not the vendor's own. The target keeps them together. */
  readonly operationId: string
  readonly state: 'running' | 'succeeded' | 'failed'
  readonly reason?: string
}

/** The state that is really there, not the wanted one. Revisions that are gone are left out. */
export interface ObservedTarget {
  readonly revisions: readonly ObservedRevision[]
  /**
   * The operations of the key that the vendor still knows: those among the given handles, and others where the
   * vendor lists them. The plane sends again what a failed one was to do, as a new operation.
   */
  readonly operations: readonly ObservedOperation[]
  /** Passed back as `ifMatch`. Absent when the vendor has no etag. */
  readonly etag?: string
}

export type TargetPlan =
  | { readonly kind: 'steps'; readonly steps: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

/** What the vendor says of a want without doing it. */
export type TargetCheck =
  /** The warnings are for people. */
  | { readonly kind: 'accepted'; readonly warnings: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }

export interface ApplyOptions {
  /** The ledger's id of this effect. It stays the same after a crash. */
  readonly operationId: string
  /**
   * The fence of the lease. A target that can check fences refuses one that is older than a fence it has seen
   * for this key, with `fence-stale`.
   */
  readonly fence: number
  /**
   * The identity of the store that granted the fence. The fences of two stores cannot be compared. A target
   * that can check fences remembers the store together with its fence, and refuses a fence of another store
   * with `fence-foreign`.
   */
  readonly store?: string
  /**
   * A named actor gave this key to the store of this call. The target accepts the fence, whatever fence and
   * store it knew, and remembers these.
   */
  readonly takeOver?: true
  readonly ifMatch?: string
  /**
   * From status: the handles of earlier effects, the oldest first. They are kept until nothing of the deployment is
   * left at the target; docs/contracts/deployment-target.md has the bound. A target with random names finds its own objects by
   * them.
   */
  readonly handles?: readonly string[]
  readonly abortSignal?: AbortSignal
  /**
   * Resolves a reference of `runtime.secrets`. The target calls it before it sends anything. Errors that it
   * throws pass through unchanged.
   */
  readonly secret: (reference: string) => Promise<Secret>
}

export interface ObserveOptions {
  /** From status: the handles of earlier effects, as in `ApplyOptions`. */
  readonly handles?: readonly string[]
  /**
   * From status: revisions that were sent and are not known to be gone. Some targets create nothing, because
   * a vendor runs the model anyway. They answer from `applied`, and so need no memory. Other targets observe
   * what is there.
   */
  readonly applied?: readonly Revision[]
  readonly abortSignal?: AbortSignal
}

/** One key of `observeMany`. */
export interface KeyLook extends Omit<ObserveOptions, 'abortSignal'> {
  readonly key: Key
}

export type ApplyResult =
  /**
   * One mutation was sent. The status keeps `handle`, and `observe` finds the mutation again by it. `unfinished`: the want
   * needs another call for this change. Then `apply` is called again at the next look, as a new operation. Otherwise the
   * loop waits until `observe` shows the change.
   */
  | { readonly kind: 'accepted'; readonly handle?: string; readonly unfinished?: true }
  /** Everything wanted is already there or on its way. */
  | { readonly kind: 'unchanged' }
  /** The vendor is still working on the last mutation. Nothing was sent. */
  | { readonly kind: 'busy'; readonly retryAfterMs: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  /** The vendor took the mutation and failed it. It is sent again later, as a new operation. */
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string }
  /**
   * The mutation certainly did not reach the vendor: a refused connection, an open circuit. It is sent again
   * later. No outcome has to be found out.
   */
  | { readonly kind: 'not-sent'; readonly reason: string; readonly message: string }

export interface TargetCapabilities {
  /**
   * How many revisions can exist side by side. With one, a first revision is deployed and every update is
   * refused.
   */
  readonly maxRevisions: number
  /** `none`: our router splits the traffic between the endpoints of the revisions. */
  readonly split: 'none' | 'percent' | 'ratio'
  /**
   * `random`: when the answer of a create is lost, the create cannot be found. The loop stops with
   * `OutcomeUnknown`.
   */
  readonly names: 'deterministic' | 'tagged' | 'random'
  readonly fencing: 'checked' | 'conditional' | 'none'
  /**
   * How a reply tells which revision gave it. With `none`, gates on the router's own measurements are
   * refused.
   */
  readonly attribution: 'address' | 'reply' | 'none'
  readonly scaleToZero: boolean
  /**
   * `reported` (default): `observe` tells the scale in force. `unreported`: the target scales but cannot tell;
   * the plane sends a changed scale once and says in the status that it is not confirmed. `none`: somebody else
   * scales, so a declared scale is refused.
   */
  readonly scale?: 'reported' | 'unreported' | 'none'
  readonly mirror: boolean
  /**
   * Which revisions may have traffic where the target splits. `any` (default). `latest-and-previous`: only the
   * revision that was created last, and the one before it, as with KServe. The plane removes an older revision and
   * creates it anew before it gives it traffic again.
   */
  readonly traffic?: 'any' | 'latest-and-previous'
  /**
   * Milliseconds after which `observe` and `list` surely show a change that was accepted. Left out: not known. Then
   * the plane waits for a created revision until the deployment's deadline, and believes a loss after two seconds.
   */
  readonly listLagMs?: number
}

/**
 * `Settings` is the type of `spec.target.settings` for this target. The compiler checks it in `plane.deploy`.
 */
export interface DeploymentTarget<Settings = unknown> {
  /** For the compiler alone. It is never set. */
  readonly '~settings'?: Settings
  readonly capabilities: TargetCapabilities
  /** The problems of `spec.target.settings`. Empty when the settings are valid. Pure. */
  checkSettings(settings: Readonly<Record<string, unknown>>): readonly SettingsProblem[]
  /**
   * The protocols that the endpoints of a deployment with these settings will speak. The artifact of a revision
   * is given where it is known. Leave the method out where they are not known before a revision runs, and give
   * undefined where only the artifact could tell. The plane refuses a route to a protocol that its `connect`
   * does not have, and keeps traffic from a revision that its routes could not call. Pure.
   */
  protocols?(settings: Readonly<Record<string, unknown>>, artifact?: Artifact): readonly string[] | undefined
  /** The steps that `apply` would do, or the reason why this target refuses the want. Pure. */
  plan(want: TargetWant, observed: ObservedTarget): TargetPlan
  /**
   * Asks the vendor whether it would take a want, and changes nothing: a dry run. It is called by `plane.plan`
   * alone, for a want that `plan` does not refuse, and gets no secrets. Leave it out where the vendor cannot tell.
   */
  check?(key: Key, want: TargetWant, options?: { readonly abortSignal?: AbortSignal }): Promise<TargetCheck>
  apply(key: Key, want: TargetWant, options: ApplyOptions): Promise<ApplyResult>
  /** The observation of an unknown key is empty. */
  observe(key: Key, options?: ObserveOptions): Promise<ObservedTarget>
  /**
   * Observes several keys in fewer calls of the vendor than `observe` needs for each of them. The loop uses it
   * for the looks of a resync that come due together. Each observation is the one that `observe` would give. A
   * key that is left out is observed alone; so is each of them after this method has failed. Leave the method
   * out where the vendor has no such call.
   */
  observeMany?(
    looks: readonly KeyLook[],
    options?: { readonly abortSignal?: AbortSignal },
  ): Promise<ReadonlyMap<Key, ObservedTarget>>
  /** The keys that have anything at this target. Used to find orphans. */
  list(options?: { readonly abortSignal?: AbortSignal }): Promise<readonly Key[]>
  /**
   * Removes everything of the key. It may take several calls: the loop calls it until it answers
   * `unchanged`.
   */
  destroy(
    key: Key,
    options: Omit<ApplyOptions, 'secret' | 'ifMatch'>,
  ): Promise<Exclude<ApplyResult, { kind: 'refused' }>>
  /** Keys that may have changed: a hint. Ends when aborted. */
  changes?(abortSignal: AbortSignal): AsyncIterable<Key>
  /**
   * Called when this process has lost the lead but still lives. The target releases everything that keeps
   * another process out. A later call of the target takes it again.
   */
  standDown?(): Promise<void>
  /** Releases timers and handles. Revisions keep running. */
  close?(): Promise<void>
}

export interface SettingsProblem {
  /** Path below `spec.target.settings`. */
  readonly field: string
  readonly message: string
}

/**
 * Together with a text it makes a type that no value has. The compiler's message then shows the text as the
 * reason.
 */
export interface Impossible {
  readonly '~impossible': never
}
