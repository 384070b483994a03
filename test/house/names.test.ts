import { globSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Complaint, compile } from './compiler.ts'
import { root } from './source-files.ts'

const folder = `${root}/test/types/names`
const typeTests = globSync('*.test-d.ts', { cwd: `${root}/test/types` })
const calls = readFileSync(`${folder}/wrong-names.ts`, 'utf8')
  .split('\n')
  .map((text, place) => ({ text, line: place + 1 }))
  .filter(({ text }) => /^(plane|bare|poor)\./.test(text))

let complaints: readonly Complaint[] = []
// One run of the compiler for all, because most of its time goes to what all import.
beforeAll(async () => {
  complaints = (await compile(folder)).complaints
}, 60_000)

describe('a test of types', () => {
  it('is compiled', () => {
    const { include } = JSON.parse(readFileSync(`${folder}/tsconfig.json`, 'utf8'))
    expect(include).toContain('../*.test-d.ts')
  })

  it.each(typeTests)('holds: %s', (name) => {
    expect(complaints.filter(({ file }) => file === `../${name}`)).toEqual([])
  })
})

describe('a wrong name in plane.deploy or plane.route', () => {
  it('is tried in every place where a name can stand', () => {
    expect(calls.length).toBeGreaterThanOrEqual(22)
  })

  it('is the only kind of error: the calls with the right names compile', () => {
    expect(complaints.filter(({ file }) => file !== 'wrong-names.ts' && !file.startsWith('../'))).toEqual([])
  })

  it.each(calls)('is one error at its place, which names what is allowed: $text', ({ text, line }) => {
    const [call = '', allowed = 'nothing'] = text.split(' // ')
    const found = complaints.filter(
      (complaint) => complaint.file === 'wrong-names.ts' && complaint.line === line,
    )
    expect(found.map((complaint) => complaint.text)).toEqual([expect.stringContaining(allowed)])
    // The compiler marks the name itself, not the call around it.
    expect(found[0]?.column).toBeGreaterThan('poor.route('.length)
    expect(found[0]?.column).toBeLessThan(call.length)
  })
})
