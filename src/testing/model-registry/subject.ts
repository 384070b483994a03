import type { Approval, ModelRegistry, ModelVersion } from '../../registry/contract.ts'
import type { ModelReference } from '../../resources/deployment/reference.ts'
import type { Artifact } from '../../resources/deployment/revision.ts'

/** One version that the fixture must create. */
export interface SeedVersion {
  readonly approval: Approval
  /** Given only when the registry has aliases. */
  readonly aliases?: readonly string[]
  /** The number of files that its artifact must have, where the registry keeps files. Default 1. */
  readonly files?: number
}

export interface SeedModel {
  readonly name: string
  /** In the order of their creation. */
  readonly versions: readonly SeedVersion[]
}

/** The names that the registry gave to the seeded model and versions. */
export interface SeededModel {
  readonly name: string
  /** One name for each version of the seed, in the same order. */
  readonly versions: readonly string[]
  /** The artifact of each version, as `resolve` must give it. Leave it out when the fixture cannot know it. */
  readonly artifacts?: readonly Artifact[]
}

/** A registry, and what its fixture can do to it. */
export interface ModelRegistrySubject {
  readonly registry: ModelRegistry
  /** Puts a model into the registry, in the way that fits this registry. */
  seed(model: SeedModel): Promise<SeededModel>
  /** Makes an artifact that `register` takes, the same for the same label. Default: a hosted model. */
  artifact?(label: string): Promise<Artifact> | Artifact
  /** How many entries the vendor gives on one page. The kit seeds more than two pages. Default 10. */
  readonly pageSize?: number
  /** Makes every later look-up fail. */
  disconnect?(): Promise<void> | void
  /** Makes the vendor answer the next call with a fault of its own, such as status 500. */
  faultNext?(): Promise<void> | void
  /** Makes the vendor refuse the next call because of too many calls, such as status 429, for this time. */
  throttleNext?(ms: number): Promise<void> | void
  /** After this call the vendor takes calls and never answers. */
  stall?(): Promise<void> | void
  /** How many milliseconds an aborted call may take to end. Default 2,000. */
  readonly patienceMs?: number
  /** Makes the vendor refuse the registry's credentials from now on, with a text that repeats `credential`. */
  unauthorize?(): Promise<void> | void
  /** A credential that the registry was given. No error may show it. */
  readonly credential?: string
  /** Makes another writer move an alias right after the next write of `setAlias`. */
  interfere?(model: string, alias: string, version: string): Promise<void> | void
  /**
   * Makes a registry that polls look for changes now, and ends when it has looked. The kit calls it after it began to
   * listen, and again after a change.
   */
  poll?(): Promise<void>
}

/**
 * A name that is not in any adapter's options. So the kit sees whether `resolve` copies it from the
 * reference.
 */
export const registryName = 'name-in-the-plane'

export function byVersion({ name }: SeededModel, version: string): ModelReference {
  return { registry: registryName, name, version }
}

export function byAlias({ name }: SeededModel, alias: string): ModelReference {
  return { registry: registryName, name, alias }
}

export function byText(text: string): ModelReference {
  return { registry: registryName, text }
}

/** The name of the n-th seeded version. */
export function nth(model: SeededModel, index: number): string {
  const version = model.versions[index]
  if (version === undefined) throw new TypeError(`the fixture seeded no version ${index + 1}`)
  return version
}

export async function artifactOf(subject: ModelRegistrySubject, label: string): Promise<Artifact> {
  return subject.artifact?.(label) ?? { kind: 'hosted', provider: 'conformance', model: label }
}

export async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const list: Item[] = []
  for await (const item of items) list.push(item)
  return list
}

export async function versionNames(registry: ModelRegistry, model: string): Promise<readonly string[]> {
  return (await all(registry.versions(model))).map(({ version }) => version)
}

/** The facts of a version that must never change. */
export function frozenPart({ name, version, artifact, createdAtMs }: ModelVersion): unknown {
  return { name, version, artifact, createdAtMs }
}
