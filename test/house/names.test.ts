import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Complaint, compile } from './compiler.ts'
import { root } from './source-files.ts'

const folder = `${root}/test/types/names`
const calls = readFileSync(`${folder}/wrong-names.ts`, 'utf8')
  .split('\n')
  .map((text, place) => ({ text, line: place + 1 }))
  .filter(({ text }) => /^(plane|bare|poor)\./.test(text))

describe('a wrong name in plane.deploy or plane.route', () => {
  let complaints: readonly Complaint[] = []
  beforeAll(async () => {
    complaints = (await compile(folder)).complaints
  }, 60_000)

  it('is tried in every place where a name can stand', () => {
    expect(calls.length).toBeGreaterThanOrEqual(22)
  })

  it('is the only kind of error: the calls with the right names compile', () => {
    expect(complaints.filter(({ file }) => file !== 'wrong-names.ts')).toEqual([])
  })

  it.each(calls)('is one error at its place, which names what is allowed: $text', ({ text, line }) => {
    const [call = '', allowed = 'nothing'] = text.split(' // ')
    const found = complaints.filter((complaint) => complaint.line === line)
    expect(found.map((complaint) => complaint.text)).toEqual([expect.stringContaining(allowed)])
    // The compiler marks the name itself, not the call around it.
    expect(found[0]?.column).toBeGreaterThan('poor.route('.length)
    expect(found[0]?.column).toBeLessThan(call.length)
  })
})
