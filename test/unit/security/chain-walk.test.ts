import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/hash.ts'
import { canonicalJson } from '../../../src/json.ts'
import { emptyChain, link, linkAll } from '../../../src/security/audit-chain.ts'
import type { AuditEntry } from '../../../src/security/contract.ts'
import { verifyChain } from '../../../src/security/verify-chain.ts'
import { auditEntry } from '../../audit-entry.ts'

const entry = (id: string, details: AuditEntry['details'] = { a: 1, b: [2] }): AuditEntry =>
  auditEntry(id, details)

/** Lines of five records that were appended one by one. */
function chain(): string[] {
  const lines: string[] = []
  let head = emptyChain
  for (const id of ['1', '2', '3', '4', '5']) {
    const { line, record } = link(entry(id), head)
    head = { records: record.sequence, head: record.hash }
    lines.push(line)
  }
  return lines
}

/** A line with other content and a hash that fits it. */
function forged(line: string): string {
  const { hash: _, ...record } = { ...JSON.parse(line), actor: { name: 'eve' } }
  return canonicalJson({ ...record, hash: sha256(canonicalJson(record)) })
}

describe('verifying a chain', () => {
  it('accepts a linked chain, whether its lines come at once or later', async () => {
    const lines = chain()
    const head = JSON.parse(lines[4] ?? '').hash
    expect(await verifyChain(lines)).toEqual({ ok: true, records: 5, head })
    const later = (async function* () {
      yield* lines
    })()
    expect(await verifyChain(later)).toEqual({ ok: true, records: 5, head })
  })

  it('reports a record that was replaced together with its hash at the next record', async () => {
    const lines = chain()
    lines[2] = forged(lines[2] ?? '')
    expect(await verifyChain(lines)).toMatchObject({
      ok: false,
      records: 3,
      sequence: 4,
      reason: expect.stringContaining('does not follow'),
    })
  })

  it.each([
    ['a space', (line: string) => line.replace('"a":1', '"a": 1')],
    ['an escape for a letter', (line: string) => line.replace('"ada"', '"\\u0061da"')],
    ['another spelling of a number', (line: string) => line.replace('"generation":1', '"generation":1.0')],
    ['members in another order', (line: string) => line.replace('"a":1,"b":[2]', '"b":[2],"a":1')],
    ['a member that is overruled by a later one', (line: string) => line.replace('{"a":1', '{"a":0,"a":1')],
    ['a blank at the end', (line: string) => `${line} `],
  ])('reports %s although it changes no value', async (_, respell) => {
    const lines = chain()
    lines[1] = respell(lines[1] ?? '')
    expect(lines[1]).not.toBe(chain()[1])
    expect(await verifyChain(lines)).toMatchObject({
      ok: false,
      sequence: 2,
      reason: 'record 2 is not spelled as it was written',
    })
  })

  it.each([
    '',
    'null',
    '[]',
    '7',
    '{}',
    '{"sequence":3}',
    `${'['.repeat(100_000)}`,
    '{"sequence":3,"hash":7}',
  ])('refuses line %#, because it is not a record', async (text) => {
    const lines = chain()
    lines[2] = text
    expect(await verifyChain(lines)).toMatchObject({
      ok: false,
      sequence: 3,
      reason: 'record 3 is not a record',
    })
  })

  it('reports an append whose middle or last records are missing', async () => {
    const whole = linkAll([entry('a'), entry('b'), entry('c')], emptyChain)
    const lines = whole.map(({ line }) => line)
    expect(await verifyChain(lines)).toMatchObject({ ok: true, records: 3 })
    expect(await verifyChain(lines.slice(0, 2))).toMatchObject({
      ok: false,
      sequence: 3,
      reason: 'record 3 is missing: 1 more of its append were written',
    })
    const [first] = whole
    if (first === undefined) throw new Error('nothing was linked')
    const other = link(entry('z'), { records: 1, head: first.record.hash })
    expect(await verifyChain([first.line, other.line])).toMatchObject({
      ok: false,
      sequence: 2,
      reason: expect.stringContaining('does not belong to the append'),
    })
  })

  it('begins at the position that the caller gives', async () => {
    const lines = chain()
    const { hash } = JSON.parse(lines[1] ?? '')
    const from = { records: 2, head: hash }
    expect(await verifyChain(lines.slice(2), { from })).toMatchObject({ ok: true, records: 5 })
    expect(await verifyChain(lines.slice(2), { from: { records: 2, head: 'f' } })).toMatchObject({
      sequence: 3,
    })
  })

  it('names the version that it does not know, and takes no record for one of another version', async () => {
    const lines = chain()
    const third = (version: number | undefined): string => {
      const { hash: _, ...record } = { ...JSON.parse(lines[2] ?? ''), version }
      return canonicalJson({ ...record, hash: sha256(canonicalJson(record)) })
    }
    expect(JSON.parse(lines[2] ?? '').version).toBe(2)
    expect(await verifyChain([...lines.slice(0, 2), third(3)])).toMatchObject({
      sequence: 3,
      reason: expect.stringContaining('has version 3, which this Modelspine does not know'),
    })
    expect(await verifyChain([...lines.slice(0, 2), third(undefined)])).toMatchObject({ ok: true })
    expect(
      await verifyChain([...lines.slice(0, 2), (lines[2] ?? '').replace(',"version":2', '')]),
    ).toMatchObject({
      sequence: 3,
      reason: expect.stringContaining('does not match its own hash'),
    })
  })

  it('takes no text that is not Unicode, because RFC 8785 has no form for it', async () => {
    const half = entry('x', { text: 'a\ud800' })
    expect(() => link(half, emptyChain)).toThrow(
      'audit entry "x" is not JSON: a text holds half of a surrogate pair',
    )
    const { line } = link(entry('x', { text: 'ab' }), emptyChain)
    const { hash: _, ...record } = { ...JSON.parse(line), details: { text: 'a\ud800' } }
    const forgedLine = canonicalJson({ ...record, hash: sha256(canonicalJson(record)) })
    expect(await verifyChain([forgedLine])).toMatchObject({ sequence: 1, reason: 'record 1 is not a record' })
  })

  it('refuses to link an entry that is not JSON', () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    for (const details of [{ count: 1n }, circle]) {
      expect(() => link(entry('x', details), emptyChain)).toThrow(TypeError)
      expect(() => link(entry('x', details), emptyChain)).toThrow('audit entry "x" is not JSON')
    }
  })
})
