import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readManifest } from '../../scripts/package-exports.ts'
import { adapterTable, tablePage, withTable } from '../adapters/adapter-table.ts'
import { catalogue } from '../adapters/catalogue.ts'
import { filesUnder, root, type SourceFile, sourceFiles } from './source-files.ts'

/** Providers of vendors that are known for nothing else have the vendor's name. */
const partName =
  /(Registry|AuditLog|Target|Provider|Policy|Metrics|Store|Compatible|Gemini)$|^(anthropic|azureOpenai|bedrock|gemini|openai)$/

/** The functions of an adapter's door that make a part for a plane or a router. */
function makersOf(adapter: string): string[] {
  const text = readFileSync(`${root}/adapters/${adapter}/index.ts`, 'utf8')
  const exported = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names = '']) => names.split(','))
  return exported
    .map((name) => name.trim())
    .filter((name) => /^[a-z]/.test(name) && !name.startsWith('type ') && partName.test(name))
}

/** The text of a test and of everything of the tests that it imports. */
function withImports(path: string, seen: Set<string> = new Set()): string {
  if (seen.has(path)) return ''
  seen.add(path)
  const text = readFileSync(`${root}/${path}`, 'utf8')
  const imported = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, name = '']) =>
    normalize(join(dirname(path), name)),
  )
  return [
    text,
    ...imported.filter((each) => each.startsWith('test/')).map((each) => withImports(each, seen)),
  ].join('\n')
}

const live: readonly SourceFile[] = sourceFiles('test/live')
  .filter(({ path }) => path.endsWith('.test.ts'))
  .map(({ path }) => ({ path, text: withImports(path) }))

function serversOf(truth: (typeof catalogue)[number]['truth']): readonly string[] {
  if (truth.kind === 'live') return truth.servers
  return truth.kind === 'model' && truth.emulator !== undefined ? [truth.emulator] : []
}

describe('the table of adapters', () => {
  it('is up to date: run `npm run adapters`', () => {
    const page = readFileSync(`${root}/${tablePage}`, 'utf8')
    expect(page).toBe(withTable(page))
  })

  it('has a row for each part of each adapter', () => {
    const adapters = Object.keys(readManifest(root).exports)
      .filter((subpath) => subpath.startsWith('./adapters/'))
      .map((subpath) => subpath.slice('./adapters/'.length))
    const made = adapters.flatMap((adapter) => makersOf(adapter).map((maker) => `${adapter} ${maker}`))
    // Names the queries of another part.
    const parts = made.filter((each) => each !== 'prometheus modelspineMetrics')
    expect(catalogue.map(({ adapter, factory }) => `${adapter} ${factory}`).sort()).toEqual(parts.sort())
    expect(adapterTable().split('\n')).toHaveLength(catalogue.length + 3)
  })

  it('says “run live” and “run on an emulator” only of what a live test runs against that server', () => {
    const unproved = catalogue.flatMap(({ adapter, factory, truth }) =>
      serversOf(truth)
        .filter(
          (server) =>
            !live.some(
              ({ text }) =>
                text.includes(`withServer('${server}'`) &&
                text.includes(`'modelspine/adapters/${adapter}'`) &&
                text.includes(factory),
            ),
        )
        .map((server) => `${factory} on ${server}`),
    )
    expect(unproved).toEqual([])
  })

  it('says what a simulator plays, where a live test of the adapter has one', () => {
    const wrong = catalogue.flatMap(({ adapter, factory, truth }) => {
      if (truth.kind !== 'live') return []
      const isSimulated = live.some(
        ({ text }) => text.includes(`/simulators/${adapter}/`) && text.includes(factory),
      )
      return isSimulated === (truth.played !== undefined) ? [] : [factory]
    })
    expect(wrong).toEqual([])
  })

  it('says “run in process” only where an adapter loads that package', () => {
    const unproved = catalogue.flatMap(({ adapter, truth }) => {
      if (truth.kind !== 'library') return []
      const files = filesUnder(`adapters/${adapter}`, '.ts')
      return files.some(({ text }) => text.includes(`'${truth.package}`))
        ? []
        : [`${adapter}: ${truth.package}`]
    })
    expect(unproved).toEqual([])
  })

  it('says “official model” only where the tests of the adapter open that file', () => {
    const unproved = catalogue.flatMap(({ adapter, truth }) => {
      if (truth.kind !== 'model') return []
      const tests = filesUnder(`test/adapters/${adapter}`, '.ts')
      return tests.some(({ text }) => text.includes(truth.file)) ? [] : [`${adapter}: ${truth.file}`]
    })
    expect(unproved).toEqual([])
  })

  it('is read by somebody: each adapter has its page', () => {
    const pages = new Set(filesUnder('docs/adapters', '.md').map(({ path }) => path))
    const missing = catalogue.filter(({ adapter }) => !pages.has(`docs/adapters/${adapter}.md`))
    expect(missing).toEqual([])
  })
})
