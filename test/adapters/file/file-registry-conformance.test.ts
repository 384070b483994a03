import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Artifact } from 'modelspine/adapter'
import { fileRegistry } from 'modelspine/adapters/file'
import { type Fixture, type ModelRegistrySubject, modelRegistryConformance } from 'modelspine/testing'
import { describe, it } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'

function subject(watch: 'events' | 'poll'): Fixture<ModelRegistrySubject> {
  const folder = temporaryFolder()
  const path = join(folder, 'registry')
  mkdirSync(path)
  const registry = fileRegistry({ path, watch, pollMs: 5 })
  const artifact = (label: string, files = 1): Artifact => {
    mkdirSync(join(folder, 'built', label), { recursive: true })
    const written = Array.from({ length: files }, (_, place) => {
      const file = join(folder, 'built', label, `weights-${place}.bin`)
      writeFileSync(file, `weights ${place} of ${label}`)
      return { uri: pathToFileURL(file).href }
    })
    return { kind: 'files', files: written }
  }
  return {
    subject: {
      registry,
      artifact,
      disconnect: () => rmSync(path, { recursive: true }),
      async seed({ name, versions }) {
        const [seeded, artifacts] = [[] as string[], [] as Artifact[]]
        for (const { approval, aliases = [], files = 1 } of versions) {
          const given = artifact(`seed-${files}`, files)
          const { version } = await registry.register({ name, artifact: given, approval })
          artifacts.push(keptIn(path, name, version, files))
          for (const alias of aliases) await registry.setAlias(name, alias, version)
          seeded.push(version)
        }
        return { name, versions: seeded, artifacts }
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

/** The registry keeps its own copies, in the folder of the version. */
function keptIn(path: string, name: string, version: string, files: number): Artifact {
  const copies = Array.from({ length: files }, (_, place) =>
    join(path, name, version, `weights-${place}.bin`),
  )
  const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
  return {
    kind: 'files',
    files: copies.map((file) => ({ uri: pathToFileURL(file).href, digest: `sha256:${digestOf(file)}` })),
  }
}
