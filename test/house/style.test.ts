import { describe, expect, it } from 'vitest'
import { parse, sourceFiles, walk } from './source-files.ts'

const shipped = sourceFiles('src', 'adapters')

describe('files', () => {
  it('have no more than 400 lines', () => {
    const long = shipped.filter(({ text }) => text.split('\n').length - 1 > 400)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('have kebab-case names', () => {
    const odd = shipped.filter(({ path }) => !/^[a-z0-9]+([-./][a-z0-9]+)*\.ts$/.test(path))
    expect(odd.map(({ path }) => path)).toEqual([])
  })

  it('hold no commented-out imports, exports or statements', () => {
    const left =
      /^\s*\/\/\s*(import .* from |export (const|function|class) |const \w+ =|return .*\)$|await )/m
    expect(shipped.filter(({ text }) => left.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('doors', () => {
  it.each(['src/index.ts', 'src/adapter.ts'])('re-export by name only: %s', (path) => {
    const file = shipped.find((one) => one.path === path)
    expect(file, `${path} exists`).toBeDefined()
    if (file === undefined) return
    const odd: string[] = []
    walk(parse(file), (node, parent) => {
      if (parent?.type !== 'Program') return
      if (node.type !== 'ExportNamedDeclaration' || !node.source) odd.push(node.type)
    })
    expect(odd).toEqual([])
  })
})
