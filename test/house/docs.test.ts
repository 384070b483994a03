import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks, fileNameOf } from './code-blocks.ts'
import { compile } from './compiler.ts'
import { documents } from './documents.ts'
import { root, type SourceFile } from './source-files.ts'

const folder = `${root}/.tmp/docs-${process.pid}`

/** The compiler's complaints about the blocks. Each one names the document and its line. */
async function complaints(blocks: readonly CodeBlock[]): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const places = new Map<string, string>()
  for (const [index, block] of blocks.entries()) {
    const home = block.path.replaceAll(/[^a-z0-9]+/gi, '-')
    const name = `${home}/${fileNameOf(block) ?? `block-${index}.ts`}`
    places.set(name, block.path)
    mkdirSync(`${folder}/${home}`, { recursive: true })
    // The block keeps its line number from the document, so that the compiler reports the document's lines.
    writeFileSync(`${folder}/${name}`, `${'\n'.repeat(block.line)}${block.text}\nexport {}\n`)
  }
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { isolatedDeclarations: false, declaration: false },
      include: ['*/*.ts'],
    }),
  )
  const { complaints: found } = await compile(folder)
  return found.map(({ file, line, text }) => `${places.get(file) ?? file}:${line}: ${text}`)
}

const document = (text: string): SourceFile => ({ path: 'docs/made-up.md', text })

/** Its block does not type-check. */
const madeUp = document('# Title\n\n- item\n\n  ```ts\n  const a = 1\n  const b: string = a\n  ```\n')

describe('code in README and docs', () => {
  let blocks: CodeBlock[] = []
  let found: readonly string[] = []
  beforeAll(async () => {
    blocks = documents().flatMap(codeBlocks)
    // One run of the compiler for all, because most of its time goes to what all import.
    found = await complaints([...blocks.filter(({ info }) => info === 'ts'), ...codeBlocks(madeUp)])
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is marked as ts when it is TypeScript, so that no block escapes the check', () => {
    const odd = blocks.filter(({ info }) =>
      /^(ts\W|tsx\b|typescript|javascript|jsx?\b|[mc][jt]s\b)/i.test(info),
    )
    expect(odd.map(({ path, line, info }) => `${path}:${line}: ${info}`)).toEqual([])
  })

  it('type-checks', () => {
    expect(found.filter((line) => !line.startsWith(madeUp.path))).toEqual([])
  })

  it('is reported with its document and line when it does not type-check', () => {
    expect(found.filter((line) => line.startsWith(madeUp.path))).toEqual([
      expect.stringMatching(/^docs\/made-up\.md:7: error TS2322/),
    ])
  })

  it('is valid JSON when it is marked as json', () => {
    for (const { info, text } of blocks) if (info === 'json') expect(() => JSON.parse(text)).not.toThrow()
  })

  it('is refused when its block is never closed', () => {
    expect(() => codeBlocks(document('```ts\nconst a = 1\n'))).toThrow('docs/made-up.md:1')
  })
})
