import { describe, expect, it } from 'vitest'
import { memoryAuditLog } from '../../../src/security/memory-audit-log.ts'
import { secretOf } from '../../../src/security/secret.ts'
import { auditLogConformance } from '../../../src/testing/index.ts'
import { auditEntry as entry } from '../../audit-entry.ts'
import { collect } from '../collect.ts'

auditLogConformance({
  describe,
  it,
  name: 'memoryAuditLog',
  create: () => ({ subject: { log: memoryAuditLog() } }),
})

describe('memoryAuditLog', () => {
  it('drops its oldest records at its bound, and verifies the records that are left', async () => {
    const log = memoryAuditLog({ maxRecords: 3 })
    await log.append([entry('1'), entry('2')])
    const early = await log.verify()
    for (const id of ['3', '4', '5']) await log.append([entry(id)])
    expect((await collect(log.read())).map(({ sequence }) => sequence)).toEqual([3, 4, 5])
    expect(await log.verify()).toMatchObject({ ok: true, records: 5 })
    expect(early).toMatchObject({ ok: true, records: 2 })
    expect((await log.verify(early.ok ? { anchor: early } : {})).ok).toBe(true)
    expect(await log.verify({ anchor: { records: 1, head: 'f' } })).toMatchObject({ ok: false, sequence: 1 })
  })

  it('goes on reading from its position when records are dropped meanwhile', async () => {
    const log = memoryAuditLog({ maxRecords: 2 })
    await log.append([entry('1'), entry('2')])
    const seen: number[] = []
    for await (const { sequence } of log.read()) {
      seen.push(sequence)
      if (sequence === 1) await log.append([entry('3'), entry('4'), entry('5')])
    }
    expect(seen).toEqual([1, 4, 5])
  })

  it('shows no secret that an entry carries', async () => {
    const log = memoryAuditLog()
    const [record] = await log.append([entry('1', { token: secretOf('hunter2') })])
    expect(record?.details).toEqual({ token: '[secret]' })
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses to keep %d records', (maxRecords) => {
    expect(() => memoryAuditLog({ maxRecords })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('maxRecords') }),
    )
  })
})
