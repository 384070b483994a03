import { describe, expect, it } from 'vitest'
import { boundedEntry } from '../../../src/security/bounded-entry.ts'
import type { AuditEntry } from '../../../src/security/contract.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { entry } from '../../../src/testing/state-store/subject.ts'

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
const bounded = (details: AuditEntry['details']) => boundedEntry(entry('a', details)).details

describe('the bound of an audit entry', () => {
  it('returns an entry within the bounds as it is', () => {
    const small = entry('a', { message: 'x'.repeat(4096), list: [1, null, { deep: true }] })
    expect(boundedEntry(small)).toBe(small)
  })

  it('cuts a long string, and says how long it was', () => {
    const { message, truncated, other } = bounded({ message: 'x'.repeat(17 << 20), other: 1 })
    expect(message).toMatch(/^x{4000,}… \[cut from 17825792 characters\]$/)
    expect(String(message)).toHaveLength(4096)
    expect(other).toBe(1)
    expect(truncated).toEqual({ bytes: bytesOf({ message: 'x'.repeat(17 << 20), other: 1 }) })
  })

  it('never cuts a character in two', () => {
    const { message } = bounded({ message: '😀'.repeat(3000) })
    expect(String(message).isWellFormed()).toBe(true)
  })

  it('keeps small members and the first items of a list, and leaves the rest out', () => {
    const findings = Array.from({ length: 500 }, (_, place) => ({ place, message: 'y'.repeat(1000) }))
    const cut = bounded({ before: 1, findings, after: 2 })
    expect(cut).toMatchObject({ before: 1, after: 2, truncated: { bytes: expect.any(Number) } })
    expect((cut.findings as unknown[]).length).toBeGreaterThan(50)
    expect((cut.findings as unknown[])[0]).toEqual(findings[0])
    expect(bytesOf(cut)).toBeLessThanOrEqual(65_536)
  })

  it('gives the same result for the same entry, and changes a cut entry no further', () => {
    const large = entry('a', {
      list: Array.from({ length: 900 }, (_, place) => `${place} ${'z'.repeat(500)}`),
    })
    const once = boundedEntry(large)
    expect(boundedEntry(large)).toEqual(once)
    expect(boundedEntry(once)).toBe(once)
  })

  it('cuts an actor, too, and prints a secret as everywhere', () => {
    const actor = { name: 'n'.repeat(100_000), roles: ['ml'] }
    const { actor: cut, details } = boundedEntry({
      ...entry('a', { token: secretOf('hunter2'), long: 'x'.repeat(9000) }),
      actor,
    })
    expect(cut).toEqual({ name: expect.stringMatching(/\[cut from 100000 characters\]$/), roles: ['ml'] })
    expect(details.token).toBe('[secret]')
  })

  it('leaves out what is nested too deep', () => {
    let deep: unknown = 'x'.repeat(5000)
    for (let level = 0; level < 5000; level += 1) deep = [deep]
    expect(() => JSON.stringify(bounded({ deep, other: 1 }))).not.toThrow()
    expect(bounded({ deep, other: 1 })).toMatchObject({ other: 1 })
  })

  it('replaces what is not Unicode, and says nothing of a cut', () => {
    const half = { ...entry('a', { 'n\udc00': ['x\ud800'], fine: '😀' }), actor: { name: 'a\ud800' } }
    expect(boundedEntry(half)).toEqual({
      ...half,
      actor: { name: 'a\ufffd' },
      details: { 'n\ufffd': ['x\ufffd'], fine: '😀' },
    })
  })
})
