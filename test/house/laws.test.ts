import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { lawPages, pageOf, withLaws } from '../../scripts/law-lists.ts'
import { filesUnder } from './source-files.ts'

describe('the laws of a kit', () => {
  it('are listed on a page of each contract', () => {
    const pages = filesUnder('docs/contracts', '.md').map(({ path }) => path)
    expect(pages.sort()).toEqual([...lawPages.keys()].map((name) => `docs/contracts/${name}.md`).sort())
  })

  it.each([...lawPages])('are all on the page of %s: run `npm run laws`', (name, laws) => {
    const page = readFileSync(pageOf(name), 'utf8')
    expect(page).toBe(withLaws(page, laws))
  })

  it('have names of their own within a kit', () => {
    for (const [name, laws] of lawPages) {
      expect(new Set(laws.map((law) => law.name)).size, name).toBe(laws.length)
    }
  })
})
