/**
 * Where model versions live: MLflow, SageMaker, Vertex, Hugging Face, a folder, memory.
 *
 * The loop calls `resolve` at every reconcile, so it must be cheap and must never mutate. A look-up that cannot be
 * made throws `registry-unavailable` (the deployment keeps its last pin); a model, version or alias that does not
 * exist throws `model-not-found`, a text that the registry cannot parse throws `invalid-reference`. A call ends with
 * `aborted` soon after its signal fires. Vendor errors are wrapped and scrubbed of credentials.
 *
 * The plane knows a registry by a name that the adapter does not choose. `resolve` copies it from the reference; for
 * `versions` and `register`, which are given none, an adapter takes an option `name` that defaults to its own kind
 * (`mlflow`, `file`, `memory`) and should be set where the plane's name is another one.
 */

import type { ModelReference } from '../resources/deployment/reference.ts'
import type { Artifact } from '../resources/deployment/revision.ts'

export type Approval = 'approved' | 'rejected' | 'pending' | 'unknown'

/** One immutable version of a model; aliases, tags and approval may move, the artifact may not. */
export interface ModelVersion {
  /** The name this registry has in the plane's `registries`. */
  readonly registry: string
  readonly name: string
  /** As the registry writes it; compared for equality only. */
  readonly version: string
  readonly artifact: Artifact
  readonly approval: Approval
  /** Those that point to this version now, without the computed `latest-approved`. */
  readonly aliases: readonly string[]
  readonly tags: Readonly<Record<string, string>>
  /** Milliseconds since the epoch; orders `latest-approved`. */
  readonly createdAtMs: number
  readonly owner?: string
  /** The registry's own word for how sensitive the model is: `public`, `internal`, `pii` … */
  readonly classification?: string
  readonly signature?: Signature
  readonly lineage?: Lineage
  /** Evaluation metrics by name, as they were at registration. */
  readonly metrics?: Readonly<Record<string, number>>
  /** The vendor's record, untouched. For policies and people; the core never reads it. */
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

/** Owner and tags are those of the newest version where the registry keeps none for the model itself. */
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
   * `compare-and-set`: `setAlias` honours `expect`. `last-write-wins`: it re-reads after writing and throws `conflict`
   * when another value stands. `read-only`: aliases are moved elsewhere. `none`: there is only `latest-approved`.
   */
  readonly aliases: 'compare-and-set' | 'last-write-wins' | 'read-only' | 'none'
  readonly approval: boolean
  readonly tags: boolean
  readonly register: boolean
  readonly changes: boolean
}

/** What `register` takes: a version's facts, without what the registry assigns. */
export interface NewModelVersion {
  readonly name: string
  /** Left out where the registry numbers by itself. Registering the same version with the same artifact again changes nothing; with another artifact it throws `conflict`. */
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
   * The version a reference stands for now. `text` references are parsed by the registry (default form
   * `name@alias` or `name:version`; a bare name means `@latest-approved`). The alias `latest-approved` works on every
   * registry: the approved version with the greatest `createdAtMs`, ties broken by the later in `versions`.
   */
  resolve(reference: ModelReference, options?: RegistryCallOptions): Promise<ModelVersion>
  models(options?: RegistryCallOptions): AsyncIterable<ModelSummary>
  /** Oldest first. An unknown model throws `model-not-found` at the first step. */
  versions(model: string, options?: RegistryCallOptions): AsyncIterable<ModelVersion>
  /**
   * `version: null` removes the alias. `expect` is the version it must point to now, `null` for none; another one
   * throws `conflict` and moves nothing. `latest-approved` is computed and throws `invalid-reference`.
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
  /** Merges; a `null` value removes a tag. */
  setTags?(
    model: string,
    version: string,
    tags: Readonly<Record<string, string | null>>,
    options?: RegistryCallOptions,
  ): Promise<void>
  register?(version: NewModelVersion, options?: RegistryCallOptions): Promise<ModelVersion>
  /** Names of models that may have changed: a hint that makes the loop look sooner, never a log. Ends when aborted. */
  changes?(abortSignal: AbortSignal): AsyncIterable<string>
  /** Lets go of connections. */
  close?(): Promise<void>
}
