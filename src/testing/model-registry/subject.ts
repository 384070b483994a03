import type { Approval, ModelRegistry, ModelVersion } from '../../registry/contract.ts'
import type { ModelReference } from '../../resources/deployment/reference.ts'
import type { Artifact } from '../../resources/deployment/revision.ts'

/** One version that the fixture must create. */
export interface SeedVersion {
  readonly approval: Approval
  /** Given only when the registry has aliases. */
  readonly aliases?: readonly string[]
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
}

/** A registry, and what its fixture can do to it. */
export interface ModelRegistrySubject {
  readonly registry: ModelRegistry
  /** Puts a model into the registry, in the way that fits this registry. */
  seed(model: SeedModel): Promise<SeededModel>
  /** Makes an artifact that `register` takes, the same for the same label. Default: a hosted model. */
  artifact?(label: string): Promise<Artifact> | Artifact
  /** Makes every later look-up fail. */
  disconnect?(): Promise<void> | void
  /** Makes a registry that polls by an injected clock look for changes now. */
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
