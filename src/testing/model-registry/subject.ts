import type { Approval, ModelRegistry, ModelVersion } from '../../registry/contract.ts'
import type { ModelReference } from '../../resources/deployment/reference.ts'
import type { Artifact } from '../../resources/deployment/revision.ts'

/** One version as the kit wants it to be there. */
export interface SeedVersion {
  readonly approval: Approval
  /** Asked for only where the registry has aliases. */
  readonly aliases?: readonly string[]
}

export interface SeedModel {
  readonly name: string
  /** In the order of their creation. */
  readonly versions: readonly SeedVersion[]
}

/** What the registry calls what was seeded. */
export interface SeededModel {
  readonly name: string
  /** One for each version of the seed, in its order. */
  readonly versions: readonly string[]
}

/** A registry, and what its fixture can do behind its back. */
export interface ModelRegistrySubject {
  readonly registry: ModelRegistry
  /** Puts a model there, by whatever way this registry is filled. */
  seed(model: SeedModel): Promise<SeededModel>
  /** Something that `register` takes: the same for the same label. A hosted model when left out. */
  artifact?(label: string): Promise<Artifact> | Artifact
  /** Makes every later look-up impossible. */
  disconnect?(): Promise<void> | void
  /** Makes a registry that polls by an injected clock look for changes now. */
  poll?(): Promise<void>
}

/** A name that no option of an adapter sets, so that copying it from the reference shows. */
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

/** The name of the n-th version that was seeded. */
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

/** What must never change of a version. */
export function frozenPart({ name, version, artifact, createdAtMs }: ModelVersion): unknown {
  return { name, version, artifact, createdAtMs }
}
