import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { mutantFiles } from '../mutants/index.ts'
import { root } from './source-files.ts'

it('the text of each planted mistake stands once in its file', () => {
  const texts = new Map<string, string>()
  const textOf = (file: string): string => {
    const text = texts.get(file) ?? readFileSync(`${root}/${file}`, 'utf8')
    texts.set(file, text)
    return text
  }
  const misplaced = Object.values(mutantFiles)
    .flat()
    .filter(({ file, find }) => textOf(file).split(find).length !== 2)
    .map(({ file, find }) => `${file}: ${find}`)
  expect(misplaced).toEqual([])
})
