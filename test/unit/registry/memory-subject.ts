import { memoryRegistry } from '../../../src/registry/memory-registry.ts'
import type { Artifact } from '../../../src/resources/deployment/revision.ts'
import { createFakeClock, type ModelRegistrySubject, type SeededModel } from '../../../src/testing/index.ts'

/** A memory registry that is filled through its own methods, one version a second. */
export function memorySubject(): { subject: ModelRegistrySubject } {
  const clock = createFakeClock()
  const registry = memoryRegistry({ clock })
  return {
    subject: {
      registry,
      async seed({ name, versions }) {
        const seeded: SeededModel & { versions: string[]; artifacts: Artifact[] } = {
          name,
          versions: [],
          artifacts: [],
        }
        for (const { approval, aliases = [], files } of versions) {
          await clock.advance(1000)
          const id = `${name}-${clock.id()}`
          const artifact: Artifact =
            files === undefined
              ? { kind: 'hosted', provider: 'p', model: id }
              : {
                  kind: 'files',
                  files: Array.from({ length: files }, (_, place) => ({ uri: `s3://${id}/${place}` })),
                }
          const { version } = await registry.register({ name, artifact, approval })
          for (const alias of aliases) await registry.setAlias(name, alias, version)
          seeded.versions.push(version)
          seeded.artifacts.push(artifact)
        }
        return seeded
      },
    },
  }
}
