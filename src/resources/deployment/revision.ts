import type { RuntimeSettings } from './model-deployment.ts'

/** Where a model version's bytes are, or who runs it. */
export type Artifact =
  | { readonly kind: 'files'; readonly files: readonly ArtifactFile[] }
  | { readonly kind: 'hosted'; readonly provider: string; readonly model: string }

export interface ArtifactFile {
  /** `file:`, `s3:`, `gs:`, `hf:`, `models:` … as the target can read it. */
  readonly uri: string
  /** `sha256:<hex>` where the registry knows it. */
  readonly digest?: string
}

/** What a reference resolved to: the part of a ModelVersion that a revision is made of. */
export interface PinnedModel {
  readonly registry: string
  readonly name: string
  /** Immutable in its registry. */
  readonly version: string
  readonly artifact: Artifact
}

/** One pinned model with its runtime and target settings, named by a hash of them. Never edited, only replaced. */
export interface Revision {
  /** Ten lower-case hexadecimal characters of the hash of `model`, `runtime` and `settings`. */
  readonly name: string
  readonly model: PinnedModel
  readonly runtime: RuntimeSettings
  /** The target's settings belong to the revision too. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** A revision's share of traffic in percent. */
export interface SplitEntry {
  readonly revision: string
  readonly weight: number
}

/** Sums to 100, or is empty before any revision was ready. */
export type Split = readonly SplitEntry[]

/** Where a ready revision is called: which protocol, at what address. */
export interface Endpoint {
  /** A key of the plane's `connect`, such as `open-inference` or `openai`. */
  readonly protocol: string
  /** A base URL, or what else that protocol's provider understands. */
  readonly address: string
  /** The model's name at that address, where the protocol needs one. */
  readonly model?: string
}
