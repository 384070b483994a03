import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CodeBlock, codeBlocks, fileNameOf } from './code-blocks.ts'
import { type Complaint, compile } from './compiler.ts'
import { documents } from './documents.ts'
import { root, type SourceFile } from './source-files.ts'

const folder = `${root}/.tmp/compiled-${process.pid}`
const types = `${root}/test/types`

/** Each block is written into the folder. The places are the documents by the names of these files. */
function writeBlocks(blocks: readonly CodeBlock[]): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const [index, block] of blocks.entries()) {
    const home = block.path.replaceAll(/[^a-z0-9]+/gi, '-')
    const name = `${home}/${fileNameOf(block) ?? `block-${index}.ts`}`
    places.set(name, block.path)
    mkdirSync(`${folder}/${home}`, { recursive: true })
    // The block keeps its line number from the document, so that the compiler reports the document's lines.
    writeFileSync(`${folder}/${name}`, `${'\n'.repeat(block.line)}${block.text}\nexport {}\n`)
  }
  return places
}

const document = (text: string): SourceFile => ({ path: 'docs/made-up.md', text })

/** Its block does not type-check. */
const madeUp = document('# Title\n\n- item\n\n  ```ts\n  const a = 1\n  const b: string = a\n  ```\n')

let blocks: CodeBlock[] = []
/** Of the blocks, with the document and its line. */
let ofBlocks: readonly string[] = []
/** Of the files in `types`, which are named from there. */
let ofTypes: readonly Complaint[] = []

// One run of the compiler for all, because most of its time goes to what all import.
beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  blocks = documents().flatMap(codeBlocks)
  const places = writeBlocks([...blocks.filter(({ info }) => info === 'ts'), ...codeBlocks(madeUp)])
  // With one pattern for all of `types`: the wrong names show that it is compiled.
  const include = ['*/*.ts', `${types}/**/*.ts`]
  const extended = `${types}/names/tsconfig.json`
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ extends: extended, include }))
  const { complaints } = await compile(folder)
  const inTypes = '../../test/types/'
  ofTypes = complaints
    .filter(({ file }) => file.startsWith(inTypes))
    .map((each) => ({ ...each, file: each.file.slice(inTypes.length) }))
  ofBlocks = complaints
    .filter(({ file }) => !file.startsWith(inTypes))
    .map(({ file, line, text }) => `${places.get(file) ?? file}:${line}: ${text}`)
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('code in README and docs', () => {
  it('is marked as ts when it is TypeScript, so that no block escapes the check', () => {
    const odd = blocks.filter(({ info }) =>
      /^(ts\W|tsx\b|typescript|javascript|jsx?\b|[mc][jt]s\b)/i.test(info),
    )
    expect(odd.map(({ path, line, info }) => `${path}:${line}: ${info}`)).toEqual([])
  })

  it('type-checks', () => {
    expect(ofBlocks.filter((line) => !line.startsWith(madeUp.path))).toEqual([])
  })

  it('is reported with its document and line when it does not type-check', () => {
    expect(ofBlocks.filter((line) => line.startsWith(madeUp.path))).toEqual([
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

describe('a test of types', () => {
  it.each(globSync('*.test-d.ts', { cwd: types }))('holds: %s', (name) => {
    expect(ofTypes.filter(({ file }) => file === name)).toEqual([])
  })
})

describe('a wrong name in plane.deploy or plane.route', () => {
  const wrongNames = 'names/wrong-names.ts'
  const calls = readFileSync(`${types}/${wrongNames}`, 'utf8')
    .split('\n')
    .map((text, place) => ({ text, line: place + 1 }))
    .filter(({ text }) => /^(plane|bare|poor)\./.test(text))

  it('is tried in every place where a name can stand', () => {
    expect(calls.length).toBeGreaterThanOrEqual(22)
  })

  it('is the only kind of error: the calls with the right names compile', () => {
    expect(ofTypes.filter(({ file }) => file.startsWith('names/') && file !== wrongNames)).toEqual([])
  })

  it.each(calls)('is one error at its place, which names what is allowed: $text', ({ text, line }) => {
    const [call = '', allowed = 'nothing'] = text.split(' // ')
    const found = ofTypes.filter((complaint) => complaint.file === wrongNames && complaint.line === line)
    expect(found.map((complaint) => complaint.text)).toEqual([expect.stringContaining(allowed)])
    // The compiler marks the name itself, not the call around it.
    expect(found[0]?.column).toBeGreaterThan('poor.route('.length)
    expect(found[0]?.column).toBeLessThan(call.length)
  })
})
