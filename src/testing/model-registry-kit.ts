import { type KitOptions, type Law, runKit } from './kit.ts'
import { aliasLaws } from './model-registry/alias-laws.ts'
import { editLaws } from './model-registry/edit-laws.ts'
import { faultLaws } from './model-registry/fault-laws.ts'
import { pageLaws } from './model-registry/page-laws.ts'
import { resolveLaws } from './model-registry/resolve-laws.ts'
import type { ModelRegistrySubject } from './model-registry/subject.ts'

export type { ModelRegistrySubject, SeededModel, SeedModel, SeedVersion } from './model-registry/subject.ts'

/** The laws of a ModelRegistry. Each law gets an empty registry. */
export const modelRegistryLaws: readonly Law<ModelRegistrySubject>[] = [
  ...resolveLaws,
  ...aliasLaws,
  ...editLaws,
  ...pageLaws,
  ...faultLaws,
]

/** Registers the laws of ModelRegistry as tests of one implementation. */
export function modelRegistryConformance(options: KitOptions<ModelRegistrySubject>): void {
  runKit('ModelRegistry', modelRegistryLaws, options)
}
