import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exportEntries, readManifest, threadEntries } from '../../scripts/package-exports.ts'
import build from '../../tsup.config.ts'
import { documents } from './documents.ts'
import { root } from './source-files.ts'

const manifest = readManifest(root)
const entries = exportEntries(manifest)

describe('package exports', () => {
  it('each have a source', () => {
    expect(entries.map(({ source }) => source).filter((path) => !existsSync(`${root}/${path}`))).toEqual([])
  })

  it('are the files that the build makes', () => {
    const made = Object.entries(build.entry as Record<string, string>)
    const files = [...entries, ...threadEntries(root)]
    const wanted = files.map(({ source, built }) => [built.replace(/^dist\/|\.js$/g, ''), source])
    expect(made).toEqual(wanted)
    for (const { source, types, built } of entries) {
      expect(built).toBe(`dist/${source.replace(/\.ts$/, '.js')}`)
      expect(types).toBe(`dist/${source.replace(/\.ts$/, '.d.ts')}`)
    }
  })

  it('name every adapter', () => {
    const folders = existsSync(`${root}/adapters`) ? readdirSync(`${root}/adapters`) : []
    const adapters = folders.filter(
      (name) => name !== 'shared' && existsSync(`${root}/adapters/${name}/index.ts`),
    )
    const exported = entries.map(({ subpath }) => subpath).filter((path) => path.startsWith('./adapters/'))
    expect(exported.sort()).toEqual(adapters.map((name) => `./adapters/${name}`).sort())
  })

  it('are the subpaths that README and docs mention', () => {
    const spoken = documents().flatMap(({ text }) => [
      ...text.matchAll(/['"`](modelspine(?:\/[a-z0-9/-]+)?)['"`]/g),
    ])
    const documented = new Set(spoken.map(([, specifier]) => specifier))
    documented.delete('modelspine/source')
    expect([...documented].sort()).toEqual(entries.map(({ specifier }) => specifier).sort())
  })
})
