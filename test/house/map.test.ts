import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mutantFiles } from '../mutants/index.ts'
import { allPathsIn, isThere, misplacedFunctions, partsOf, pathsIn, twoLevels } from './map.ts'
import { filesUnder, root, type SourceFile } from './source-files.ts'

const read = (path: string): SourceFile => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') })

const map = read('docs/house.md')
const parts = partsOf(map)
const signposts = [
  read('CONTRIBUTING.md'),
  ...filesUnder('docs/decisions', '.md'),
  ...filesUnder('docs/contracts', '.md'),
]

interface LawRow {
  readonly law: number
  readonly tests: string
  readonly mutants: string
}

const laws: readonly LawRow[] = parts
  .filter(({ section }) => section === 'The laws')
  .flatMap(({ text }) => {
    const [, law = '', , tests = '', planted = ''] = text.split('|').map((cell) => cell.trim())
    return /^\d+$/.test(law) ? [{ law: Number(law), tests, mutants: planted }] : []
  })

/** The mutants of a law, written as the map writes them. */
function planted(law: number): string {
  return Object.entries(mutantFiles)
    .map(([file, list]) => [file, list.filter((mutant) => mutant.law === law).length] as const)
    .filter(([, count]) => count > 0)
    .map(([file, count]) => `${count} in \`${file}\``)
    .join(', ')
}

describe('the map in docs/house.md', () => {
  it('names only paths that exist, each from the root', () => {
    const paths = parts.flatMap(({ place, text }) => allPathsIn(text).map((path) => ({ place, path })))
    expect(paths.length).toBeGreaterThan(100)
    expect(paths.filter(({ path }) => !isThere(path))).toEqual([])
  })

  it('names each function beside a file that declares it', () => {
    expect(parts.flatMap(misplacedFunctions)).toEqual([])
  })

  it('names every folder of src and adapters, two levels deep', () => {
    const tree = parts.filter(({ section }) => section === 'The tree').flatMap(({ text }) => pathsIn(text))
    const missing = [...twoLevels('src'), ...twoLevels('adapters')].filter(
      (path) => !tree.includes(`${path}/`),
    )
    expect(missing).toEqual([])
  })

  it('has one row for each law', () => {
    expect(laws.map(({ law }) => law)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('tells for each law how many mutants check its tests, and where they are', () => {
    expect(laws.map(({ law, mutants: told }) => [law, told])).toEqual(
      laws.map(({ law }) => [law, planted(law)]),
    )
  })

  it('knows every file of mutants', () => {
    const files = filesUnder('test/mutants', '-mutants.ts').map(({ path }) => path)
    expect(files).toEqual(Object.keys(mutantFiles).sort())
  })

  it('quotes the names of tests as the files of the same row have them', () => {
    const wrong = laws.flatMap(({ law, tests }) => {
      const texts = pathsIn(tests).map((path) => read(path).text)
      return [...tests.matchAll(/"([^"]+)"/g)]
        .map(([, name = '']) => name)
        .filter((name) => !texts.some((text) => text.includes(name)))
        .map((name) => `law ${law}: ${name}`)
    })
    expect(wrong).toEqual([])
  })
})

describe('CONTRIBUTING and the pages of decisions and contracts', () => {
  it('name only paths that exist', () => {
    const wrong = signposts.flatMap((page) =>
      partsOf(page).flatMap(({ place, text }) =>
        pathsIn(text)
          .filter((path) => !isThere(path))
          .map((path) => `${place}: ${path}`),
      ),
    )
    expect(wrong).toEqual([])
  })

  it('link only to pages that exist', () => {
    const wrong = signposts.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .map(([, target = '']) => `${path.slice(0, path.lastIndexOf('/') + 1)}${target}`)
        .filter((target) => !isThere(target))
        .map((target) => `${path}: ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('number each decision once, without gaps, and as its title does', () => {
    const decisions = signposts.filter(({ path }) => path.startsWith('docs/decisions/'))
    const numbers = decisions.map(({ path }) => path.slice('docs/decisions/'.length).slice(0, 4))
    expect(numbers).toEqual(decisions.map((_, place) => String(place + 1).padStart(4, '0')))
    expect(decisions.map(({ text }) => /^# (\d{4}): /.exec(text)?.[1])).toEqual(numbers)
  })

  it('lead to the map from the beginning of CONTRIBUTING', () => {
    expect(read('CONTRIBUTING.md').text.split('\n').slice(0, 12).join('\n')).toContain('(docs/house.md)')
  })
})

describe('the check of the map', () => {
  const part = (text: string): ReturnType<typeof partsOf> => partsOf({ path: 'docs/made-up.md', text })

  it('finds a path that does not exist', () => {
    expect(allPathsIn('`src/nowhere.ts` and `nowhere.json`').filter(isThere)).toEqual([])
  })

  it('finds a function that the file beside it does not declare', () => {
    const row = '| a | `decide()` in `src/rollout/machine/decide.ts` |\n'
    expect(part(row).flatMap(misplacedFunctions)).toEqual([])
    expect(part(row.replace('decide.ts', 'moves/retire.ts')).flatMap(misplacedFunctions)).toEqual([
      'docs/made-up.md:1: decide() is not declared in src/rollout/machine/moves/retire.ts',
    ])
  })

  it('does not take a file of one list item for the next item', () => {
    const list = '- `src/rollout/machine/decide.ts`\n- `decide()` decides.\n'
    expect(part(list).flatMap(misplacedFunctions)).toEqual([
      'docs/made-up.md:2: decide() is not declared in any file named there',
    ])
  })
})
