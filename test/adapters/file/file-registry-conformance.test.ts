import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fileRegistry } from 'modelspine/adapters/file'
import { type Fixture, type ModelRegistrySubject, modelRegistryConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'

function subject(watch: 'events' | 'poll'): Fixture<ModelRegistrySubject> {
  const folder = temporaryFolder()
  const path = join(folder, 'registry')
  mkdirSync(path)
  const registry = fileRegistry({ path, watch, pollMs: 5 })
  const artifact = (label: string) => {
    const file = join(folder, 'built', label, 'weights.bin')
    mkdirSync(join(folder, 'built', label), { recursive: true })
    writeFileSync(file, `weights of ${label}`)
    return { kind: 'files', files: [{ uri: pathToFileURL(file).href }] } as const
  }
  return {
    subject: {
      registry,
      artifact,
      disconnect: () => rmSync(path, { recursive: true }),
      async seed({ name, versions }) {
        const seeded: string[] = []
        for (const { approval, aliases = [] } of versions) {
          const { version } = await registry.register({ name, artifact: artifact('seed'), approval })
          for (const alias of aliases) await registry.setAlias(name, alias, version)
          seeded.push(version)
        }
        return { name, versions: seeded }
      },
    },
  }
}

for (const watch of ['events', 'poll'] as const) {
  modelRegistryConformance({
    describe,
    it,
    name: `fileRegistry that learns by ${watch}`,
    create: () => subject(watch),
  })
}
