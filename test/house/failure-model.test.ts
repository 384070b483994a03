import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { partsOf, pathsIn } from './map.ts'
import { root, type SourceFile } from './source-files.ts'

const read = (path: string): SourceFile => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') })

/** Rows whose first cell is an id such as `T4`. */
function rowsOf(
  page: SourceFile,
  inSection?: string,
): readonly { readonly id: string; readonly text: string }[] {
  return partsOf(page)
    .filter(({ section }) => inSection === undefined || section === inSection)
    .flatMap(({ text }) => {
      const id = /^\| ([A-Z]\d+) \|/.exec(text)?.[1]
      return id === undefined ? [] : [{ id, text }]
    })
}

const promised = rowsOf(read('docs/failure-model.md'))
const tested = rowsOf(read('docs/house.md'), 'The failure model')

describe('the failure model', () => {
  it('gives each promise an id of its own, and its tests in the map', () => {
    expect(promised.length).toBeGreaterThan(0)
    expect(tested.map(({ id }) => id)).toEqual(promised.map(({ id }) => id))
    expect(new Set(promised.map(({ id }) => id)).size).toBe(promised.length)
  })

  it('quotes the names of tests as the files of the same row have them', () => {
    const wrong = tested.flatMap(({ id, text }) => {
      const texts = pathsIn(text).map((path) => read(path).text)
      return [...text.matchAll(/"([^"]+)"/g)]
        .map(([, name = '']) => name)
        .filter((name) => !texts.some((each) => each.includes(name)))
        .map((name) => `${id}: ${name}`)
    })
    expect(wrong).toEqual([])
  })

  it('names a file with tests for each promise', () => {
    expect(tested.filter(({ text }) => pathsIn(text).length === 0).map(({ id }) => id)).toEqual([])
  })
})
