import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../src/hash.ts'
import type { AuditEntry, AuditLog } from '../../../src/security/contract.ts'
import { memoryAuditLog } from '../../../src/security/memory-audit-log.ts'
import { type AuditLogSubject, auditLogLaws, brokenLaws, type Fixture } from '../../../src/testing/index.ts'
import { collect } from '../collect.ts'

type Break = (log: AuditLog) => Partial<AuditLog & Pick<AuditLogSubject, 'reopen' | 'tamper'>>

/** A log that passes each batch through `change` before it is appended. */
const appending =
  (change: (entries: readonly AuditEntry[]) => readonly AuditEntry[]): Break =>
  (log) => ({ append: (entries) => log.append(change(entries)) })

const wrongAnchor: Break = (log) => ({ verify: ({ anchor: _, ...options } = {}) => log.verify(options) })

/** For each law, a change to a log that breaks the law. */
const breaks: Readonly<Record<string, Break>> = {
  'chains entries in the order of their appends': (log) => ({
    async *read(options) {
      for await (const record of log.read(options))
        yield { ...record, previousHash: sha256(record.previousHash) }
    },
  }),
  'answers append with the records that a reader then reads': (log) => ({
    append: async (entries) => (await log.append(entries)).map((record) => ({ ...record, atMs: 0 })),
  }),
  'appends an id once, and answers a repeated id with its first record': (log) => {
    let count = 0
    return {
      append: (entries) => log.append(entries.map((entry) => ({ ...entry, id: `${entry.id}-${count++}` }))),
    }
  },
  'still knows an id after 10,000 records': (log) => {
    let appended = 0
    return {
      append(entries) {
        const forgot = appended > 5000
        appended += entries.length
        return log.append(forgot ? entries.map((entry) => ({ ...entry, id: `${entry.id}-again` })) : entries)
      },
    }
  },
  'appends all entries or none': (log) => ({
    async append(entries) {
      const records = []
      for (const entry of entries) records.push(...(await log.append([entry])))
      return records
    },
  }),
  'keeps one chain when appends overlap': (log) => {
    let batches = 0
    return {
      async append(entries) {
        batches += 1
        const records = await log.append(entries)
        return batches < 10
          ? records
          : records.map((record) => ({ ...record, sequence: record.sequence - 1 }))
      },
    }
  },
  'keeps a record unchanged when the caller changes its own copy afterwards': (log) => {
    const given: AuditEntry[] = []
    return {
      append(entries) {
        given.push(...entries)
        return log.append(entries)
      },
      async *read(options) {
        for await (const record of log.read(options)) {
          yield { ...record, details: given[record.sequence - 1]?.details ?? {} }
        }
      },
    }
  },
  'appends nothing for an empty list of entries': appending((entries) =>
    entries.length > 0
      ? entries
      : [
          {
            id: 'empty',
            atMs: 0,
            actor: { name: 'a' },
            action: 'b',
            kind: 'c',
            key: 'd/e',
            uid: '',
            generation: 0,
            details: {},
          },
        ],
  ),
  'appends nothing after it is closed, and may be closed twice': () => ({ async close() {} }),
  'reads from any record to the end': (log) => ({
    read: ({ fromSequence: _, ...options } = {}) => log.read(options),
  }),
  'ends reading and verifying when the abortSignal has fired': (log) => ({
    verify: ({ abortSignal: _, ...options } = {}) => log.verify(options),
  }),
  'verifies an empty log and a log of appended records': (log) => ({
    async verify(options) {
      const verdict = await log.verify(options)
      return verdict.ok ? { ...verdict, records: verdict.records + 1 } : verdict
    },
  }),
  'verifies against each earlier head of its own, and against no other head': wrongAnchor,
  'names the first record that was changed from outside': () => ({ async tamper() {} }),
  'continues its chain after a restart, and still knows its ids': () => ({
    capabilities: { durable: true },
    reopen: () => memoryAuditLog(),
  }),
}

function brokenSubject(breakIt: Break): Fixture<AuditLogSubject> {
  const log = memoryAuditLog()
  const { reopen, tamper, ...broken } = breakIt(log)
  return {
    subject: {
      log: { ...log, ...broken },
      ...(reopen === undefined ? {} : { reopen }),
      ...(tamper === undefined ? {} : { tamper }),
    },
  }
}

describe('the kit of AuditLog', () => {
  it('has a broken log for every law', () => {
    expect(Object.keys(breaks).sort()).toEqual(auditLogLaws.map(({ name }) => name).sort())
  })

  it('reports no fault of a log that keeps the laws', async () => {
    const create = () => ({ subject: { log: memoryAuditLog() } })
    expect(await brokenLaws('AuditLog', auditLogLaws, create)).toEqual([])
  })

  it.each(Object.entries(breaks))('reports a log that breaks the law: %s', async (law, breakIt) => {
    const laws = auditLogLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('AuditLog', laws, () => brokenSubject(breakIt))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of AuditLog "${law}"`),
    ])
  })

  it('reports a log that loses its last record', async () => {
    const errors = await brokenLaws('AuditLog', auditLogLaws, () =>
      brokenSubject((log) => ({
        async *read(options) {
          yield* (await collect(log.read(options))).slice(0, -1)
        },
      })),
    )
    expect(errors.length).toBeGreaterThan(5)
  })
})
