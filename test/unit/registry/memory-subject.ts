import { memoryRegistry } from '../../../src/registry/memory-registry.ts'
import { createFakeClock, type ModelRegistrySubject, type SeededModel } from '../../../src/testing/index.ts'

/** A memory registry that is filled through its own methods, one version a second. */
export function memorySubject(): { subject: ModelRegistrySubject } {
  const clock = createFakeClock()
  const registry = memoryRegistry({ clock })
  return {
    subject: {
      registry,
      async seed({ name, versions }) {
        const seeded: SeededModel & { versions: string[] } = { name, versions: [] }
        for (const { approval, aliases = [] } of versions) {
          await clock.advance(1000)
          const artifact = { kind: 'hosted', provider: 'p', model: `${name}-${clock.id()}` } as const
          const { version } = await registry.register({ name, artifact, approval })
          for (const alias of aliases) await registry.setAlias(name, alias, version)
          seeded.versions.push(version)
        }
        return seeded
      },
    },
  }
}
