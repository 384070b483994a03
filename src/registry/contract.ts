/**
 * A registry keeps model versions: MLflow, SageMaker, Vertex, Hugging Face, a folder, memory.
 *
 * The loop calls `resolve` at every reconcile, so it must be cheap and must never write. When the registry
 * cannot look up, it throws `registry-unavailable`, and the deployment keeps its last pin. It throws
 * `model-not-found` for a model, version or alias that does not exist, and `invalid-reference` for a text
 * that it cannot parse. A call ends with `aborted` soon after its `abortSignal` fires. Vendor errors are
 * wrapped, without credentials.
 *
 * The plane knows a registry by a name that the adapter does not choose. `resolve` copies the name from the
 * reference. `versions` and `register` get no reference. So an adapter has an option `name`, whose default is
 * its own kind (`mlflow`, `file`, `memory`). Set it when the plane uses another name.
 */

import type { ModelReference } from '../resources/deployment/reference.ts'
import type { Artifact } from '../resources/deployment/revision.ts'

export type Approval = 'approved' | 'rejected' | 'pending' | 'unknown'

/** One version of a model. Aliases, tags and approval may change; the artifact never changes. */
export interface ModelVersion {
  /** The name this registry has in the plane's `registries`. */
  readonly registry: string
  readonly name: string
  /** As the registry writes it. Compared for equality only. */
  readonly version: string
  readonly artifact: Artifact
  readonly approval: Approval
  /**
   * Aliases that point to this version now, without the computed `latest-approved`. `versions` gives all of them.
   * `resolve` gives at least the one that it was asked for, because some vendors need a call for each alias. The
   * core reads none of them. A policy that asks for an alias may miss it in the answer to another alias.
   */
  readonly aliases: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. `latest-approved` compares versions by this time. */
  readonly createdAtMs: number
  readonly owner?: string
  /** The registry's own word for how sensitive the model is: `public`, `internal`, `pii` … */
  readonly classification?: string
  readonly signature?: Signature
  readonly lineage?: Lineage
  /** Evaluation metrics by name, as they were at registration. */
  readonly metrics?: Readonly<Record<string, number>>
  /** The vendor's record, unchanged. For policies and people; the core never reads it. */
  readonly raw?: unknown
}

export interface Signature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

export interface TensorSpec {
  readonly name: string
  /** Open Inference names: FP32, INT64, BYTES … */
  readonly datatype: string
  /** -1 where the size varies. */
  readonly shape: readonly number[]
}

export interface Lineage {
  readonly run?: string
  readonly datasets?: readonly string[]
  readonly parents?: readonly string[]
  readonly commit?: string
}

/**
 * When the registry keeps no owner or tags for the model itself, they are those of its newest version. A registry that
 * would need a call for each model may give none.
 */
export interface ModelSummary {
  readonly name: string
  readonly owner?: string
  readonly tags: Readonly<Record<string, string>>
}

export interface RegistryCallOptions {
  readonly abortSignal?: AbortSignal | undefined
}

export interface RegistryCapabilities {
  /**
   * - `compare-and-set`: `setAlias` obeys `expect`.
   * - `last-write-wins`: `setAlias` compares with `expect` before it writes, reads again afterwards, and throws
   *   `conflict` when it finds another value. A race between the two may stay unseen.
   * - `read-only`: aliases are moved outside of Modelspine.
   * - `none`: the only alias is `latest-approved`.
   */
  readonly aliases: 'compare-and-set' | 'last-write-wins' | 'read-only' | 'none'
  readonly approval: boolean
  readonly tags: boolean
  readonly register: boolean
  readonly changes: boolean
}

/** The facts of a new version, without the ones that the registry assigns. */
export interface NewModelVersion {
  readonly name: string
  /**
   * Leave it out to let the registry number the version. Registering the same version again with the same
   * artifact changes nothing. With another artifact it throws `conflict`.
   */
  readonly version?: string
  readonly artifact: Artifact
  readonly approval?: Approval
  readonly tags?: Readonly<Record<string, string>>
  readonly owner?: string
  readonly classification?: string
  readonly signature?: Signature
  readonly lineage?: Lineage
  readonly metrics?: Readonly<Record<string, number>>
}

export interface ModelRegistry {
  readonly capabilities: RegistryCapabilities
  /**
   * The version that a reference means now. The registry parses `text` references. The default form is
   * `name@alias` or `name:version`; a name alone means `@latest-approved`. The alias `latest-approved` works
   * on every registry: it is the approved version with the greatest `createdAtMs`. Of two with the same time,
   * it is the later in `versions`.
   */
  resolve(reference: ModelReference, options?: RegistryCallOptions): Promise<ModelVersion>
  models(options?: RegistryCallOptions): AsyncIterable<ModelSummary>
  /** Oldest first. An unknown model throws `model-not-found` at the first step. */
  versions(model: string, options?: RegistryCallOptions): AsyncIterable<ModelVersion>
  /**
   * `version: null` removes the alias. `expect` is the version that the alias must point to now; `null` means
   * that the alias must not exist. Otherwise the call throws `conflict` and changes nothing. It throws
   * `invalid-reference` for `latest-approved`, because that alias is computed.
   */
  setAlias?(
    model: string,
    alias: string,
    version: string | null,
    options?: RegistryCallOptions & { readonly expect?: string | null },
  ): Promise<void>
  setApproval?(
    model: string,
    version: string,
    approval: Approval,
    options?: RegistryCallOptions,
  ): Promise<void>
  /** Merges the tags into the existing ones. A `null` value removes a tag. */
  setTags?(
    model: string,
    version: string,
    tags: Readonly<Record<string, string | null>>,
    options?: RegistryCallOptions,
  ): Promise<void>
  register?(version: NewModelVersion, options?: RegistryCallOptions): Promise<ModelVersion>
  /**
   * Names of models that may have changed: a hint that makes the loop look sooner, never a log. Ends when
   * aborted.
   */
  changes?(abortSignal: AbortSignal): AsyncIterable<string>
  /** Closes connections. */
  close?(): Promise<void>
}
