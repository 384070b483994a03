import { describe, expect, it } from 'vitest'
import { importsOf, type Node, parse, sourceFiles, walk } from './source-files.ts'

const declaresType: ReadonlySet<string> = new Set([
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
  'ClassDeclaration',
])

const insideDoors = ['ai-sdk', 'gateway', 'resources', 'routing', 'testing'].map(
  (room) => `src/${room}/index.ts`,
)

const shipped = sourceFiles('src', 'adapters')

describe('files', () => {
  it('have at most 400 lines', () => {
    const long = shipped.filter(({ text }) => text.split('\n').length - 1 > 400)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('share a folder with at most 19 others', () => {
    const folders = new Map<string, number>()
    for (const { path } of shipped) {
      const folder = path.slice(0, path.lastIndexOf('/'))
      folders.set(folder, (folders.get(folder) ?? 0) + 1)
    }
    expect([...folders].filter(([, files]) => files > 20)).toEqual([])
  })

  it('have kebab-case names', () => {
    const odd = shipped.filter(({ path }) => !/^[a-z0-9]+([-./][a-z0-9]+)*\.ts$/.test(path))
    expect(odd.map(({ path }) => path)).toEqual([])
  })

  it('contain no commented-out imports, exports or statements', () => {
    const left =
      /^\s*\/\/\s*(import .* from |export (const|function|class) |const \w+ =|return .*\)$|await )/m
    expect(shipped.filter(({ text }) => left.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('the rooms of requests', () => {
  const rooms = /^src\/(routing|gateway|http|provider|dialects|telemetry|feedback|cost)\//

  it('assign no function expression to a property, because V8 keeps it until a whole garbage collection', () => {
    const kept: string[] = []
    for (const file of shipped.filter(({ path }) => rooms.test(path))) {
      walk(parse(file), (node) => {
        if (node.type !== 'AssignmentExpression' || (node.left as Node).type !== 'MemberExpression') return
        const { type } = node.right as Node
        if (type !== 'ArrowFunctionExpression' && type !== 'FunctionExpression') return
        kept.push(`${file.path}: ${file.text.slice(Number(node.start), Number(node.end)).split('\n')[0]}`)
      })
    }
    expect(kept).toEqual([])
  })
})

describe('exported types', () => {
  it('each have a name of their own', () => {
    const owners = new Map<string, string[]>()
    for (const file of shipped) {
      walk(parse(file), (node, parent) => {
        if (parent?.type !== 'ExportNamedDeclaration' || !declaresType.has(node.type)) return
        const name = String((node.id as Node).name)
        owners.set(name, [...(owners.get(name) ?? []), file.path])
      })
    }
    expect(owners.size).toBeGreaterThan(0)
    expect([...owners].filter(([, paths]) => paths.length > 1)).toEqual([])
  })
})

describe('doors', () => {
  /** A door's statements except `export { … } from`. The authors' door may also export a contract's types. */
  function oddities(path: string): string[] {
    const file = shipped.find((one) => one.path === path)
    if (file === undefined) return [`${path} does not exist`]
    const odd: string[] = []
    walk(parse(file), (node, parent) => {
      if (parent?.type !== 'Program') return
      const from = (node.source as Node | null)?.value
      const named = node.type === 'ExportNamedDeclaration' && typeof from === 'string'
      const types = node.type === 'ExportAllDeclaration' && node.exportKind === 'type'
      const contract = path === 'src/adapter.ts' && types && String(from).endsWith('/contract.ts')
      if (!named && !contract) odd.push(`${path}: ${node.type} ${from ?? ''}`)
    })
    return odd
  }

  it.each([
    'src/index.ts',
    'src/adapter.ts',
    'src/resources/index.ts',
    'src/routing/index.ts',
    'src/ai-sdk/index.ts',
    'src/testing/index.ts',
  ])('re-export by name only: %s', (path) => {
    expect(oddities(path)).toEqual([])
  })

  it('are imported by no file of src, because they are for users outside', () => {
    const doors = new Set(['src/index.ts', 'src/adapter.ts', ...insideDoors])
    const uses = shipped
      .filter(({ path }) => path.startsWith('src/'))
      .flatMap((file) => importsOf(file).map(({ target, line }) => ({ target, at: `${file.path}:${line}` })))
    expect(uses.filter(({ target }) => doors.has(target))).toEqual([])
  })
})
