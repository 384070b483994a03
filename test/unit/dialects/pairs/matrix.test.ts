import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dialectList } from './dialect-list.ts'
import { features } from './features.ts'
import { fateOf, matrixPage, matrixPagePath } from './matrix-page.ts'
import { untold } from './meaning.ts'

describe('the table of dialects', () => {
  it('is what `npm run dialects` writes', () => {
    expect(readFileSync(matrixPagePath, 'utf8')).toBe(matrixPage())
  })

  it.each(
    dialectList.flatMap((dialect) =>
      features.map(({ name, request }) => [name, dialect.name, request, dialect] as const),
    ),
  )('is true where it says that %s is carried in %s', (_, __, request, dialect) => {
    const { word, read } = fateOf(request, dialect)
    if (word === 'carried') expect(untold(request, read, { refused: [], approximated: [] })).toEqual([])
  })
})
