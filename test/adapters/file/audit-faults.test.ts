import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from 'modelspine/adapter'
import { describe, expect, it } from 'vitest'
import { auditLogOver } from '../../../adapters/file/file-audit-log.ts'
import { auditEntry as entry } from '../../audit-entry.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { collect } from '../../unit/collect.ts'
import { chainFiles, linesOf, writeLines } from './audit-fixture.ts'

type Operation = 'write' | 'datasync' | 'truncate'

/** A disk on which operations fail as often as `failures` says. A failed write has written half its bytes. */
function failingDisk(failures: Partial<Record<Operation, number>>): typeof open {
  return async (path, flags, mode) => {
    const handle = await open(path, flags, mode)
    const fails = (operation: Operation): boolean => {
      const left = failures[operation] ?? 0
      failures[operation] = left - 1
      return left > 0
    }
    const full = (): never => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    return new Proxy(handle, {
      get(target, name) {
        if (name === 'write') {
          return async (bytes: Buffer, at: number, length: number, position: number) => {
            if (!fails('write')) return target.write(bytes, at, length, position)
            await target.write(bytes, at, Math.floor(length / 2), position)
            return full()
          }
        }
        if (name === 'datasync') return () => (fails('datasync') ? full() : target.datasync())
        if (name === 'truncate') return (size: number) => (fails('truncate') ? full() : target.truncate(size))
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  }
}

const unavailable = { code: 'audit-unavailable', retryable: true, cause: { code: 'ENOSPC' } }

describe('fileAuditLog on a disk that fails', () => {
  const faults: readonly (readonly [string, Partial<Record<Operation, number>>, string[]])[] = [
    ['removes a write that stopped halfway', { write: 1 }, ['a', 'b', 'c']],
    ['removes a write that could not be synced', { datasync: 1 }, ['a', 'b', 'c']],
    [
      'reads the end of its file again when it cannot remove a failed write',
      { write: 1, truncate: 1 },
      ['a', 'log-recovered', 'b', 'c'],
    ],
    [
      'counts a record once when the record was whole but not acknowledged',
      { datasync: 1, truncate: 1 },
      ['a', 'b', 'c'],
    ],
  ]

  it.each(faults)('%s', async (_, fault, expected) => {
    const failures: Partial<Record<Operation, number>> = {}
    const folder = join(temporaryFolder(), 'audit')
    const log = auditLogOver({ folder, maxBytes: 1_000_000, clock: systemClock, open: failingDisk(failures) })
    await log.append([entry('a')])
    Object.assign(failures, fault)
    await expect(log.append([entry('b')])).rejects.toMatchObject(unavailable)
    expect(await log.verify()).toMatchObject({ ok: true, records: 1 })
    expect((await collect(log.read())).map(({ id }) => id)).toEqual(['a'])
    await log.append([entry('b')])
    await log.append([entry('c')])
    const read = (await collect(log.read())).map(({ id, action }) =>
      action === 'log-recovered' ? action : id,
    )
    expect(read).toEqual(expected)
    expect(await log.verify()).toMatchObject({ ok: true, records: expected.length })
    await log.close?.()
  })

  it('refuses to append when the file no longer holds an acknowledged record', async () => {
    const failures: Partial<Record<Operation, number>> = {}
    const folder = join(temporaryFolder(), 'audit')
    const log = auditLogOver({ folder, maxBytes: 1_000_000, clock: systemClock, open: failingDisk(failures) })
    await log.append([entry('a')])
    await log.append([entry('b')])
    const [file = ''] = chainFiles(folder)
    const [first = ''] = linesOf(file)
    Object.assign(failures, { write: 1, truncate: 1 })
    await expect(log.append([entry('c')])).rejects.toMatchObject(unavailable)
    writeLines(file, [first])
    await expect(log.append([entry('c')])).rejects.toMatchObject({
      code: 'audit-broken',
      details: { sequence: 2 },
    })
    await log.close?.()
  })

  it('fails for as long as the disk fails, and then appends again', async () => {
    const failures: Partial<Record<Operation, number>> = {}
    const folder = join(temporaryFolder(), 'audit')
    const log = auditLogOver({ folder, maxBytes: 500, clock: systemClock, open: failingDisk(failures) })
    await log.append([entry('a')])
    Object.assign(failures, { write: 3 })
    for (let turn = 0; turn < 3; turn += 1) {
      await expect(log.append([entry('b'), entry('c')])).rejects.toMatchObject(unavailable)
    }
    await log.append([entry('b'), entry('c')])
    expect((await collect(log.read())).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(await log.verify()).toMatchObject({ ok: true, records: 3 })
    await log.close?.()
  })
})
