import type { RuntimeSettings } from './model-deployment.ts'

/** Where a model version's files are, or which provider runs it. */
export type Artifact =
  | { readonly kind: 'files'; readonly files: readonly ArtifactFile[] }
  | { readonly kind: 'hosted'; readonly provider: string; readonly model: string }

export interface ArtifactFile {
  /** An address that the target can read: `file:`, `s3:`, `gs:`, `hf:`, `models:` … */
  readonly uri: string
  /** `sha256:<hex>`, when the registry knows it. */
  readonly digest?: string
}

/** The result of resolving a reference: the part of a ModelVersion that goes into a revision. */
export interface PinnedModel {
  readonly registry: string
  readonly name: string
  /** Immutable in its registry. */
  readonly version: string
  readonly artifact: Artifact
}

/**
 * One pinned model with its runtime and target settings. They give it its name. A revision is never edited,
 * only replaced.
 */
export interface Revision {
  /**
   * Ten lower-case hexadecimal characters of the hash of the model's registry, name, version and sorted digests,
   * of what `runtime` says beside its defaults, and of `settings`. A revision of an older version of Modelspine
   * keeps the name that it has.
   */
  readonly name: string
  readonly model: PinnedModel
  readonly runtime: RuntimeSettings
  /** The target's settings belong to the revision too. */
  readonly settings: Readonly<Record<string, unknown>>
  /**
   * The revision was found at the target by a plane that does not know what it is made of, because its store
   * was lost. Only `name` is true then. It serves until its successor is stable, and cannot be created again.
   */
  readonly adopted?: true
}

/** A revision's weight, in percent of traffic. */
export interface SplitEntry {
  readonly revision: string
  readonly weight: number
}

/** The weights sum to 100. The split is empty before any revision was ready. */
export type Split = readonly SplitEntry[]

/** How to call a ready revision: the protocol and the address. */
export interface Endpoint {
  /** A key of the plane's `connect`, such as `open-inference` or `openai`. */
  readonly protocol: string
  /** A base URL, or another form of address that the protocol's provider understands. */
  readonly address: string
  /** The model's name at that address, when the protocol needs one. */
  readonly model?: string
}
