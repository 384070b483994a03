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

/** By law: what a log does that breaks it. */
const breaks: Readonly<Record<string, Break>> = {
  'chains what is appended, in its order': (log) => ({
    async *read(options) {
      for await (const record of log.read(options))
        yield { ...record, previousHash: sha256(record.previousHash) }
    },
  }),
  'answers with the records that are then read': (log) => ({
    append: async (entries) => (await log.append(entries)).map((record) => ({ ...record, atMs: 0 })),
  }),
  'appends an id once, and answers with the record that stands': (log) => {
    let count = 0
    return {
      append: (entries) => log.append(entries.map((entry) => ({ ...entry, id: `${entry.id}-${count++}` }))),
    }
  },
  'knows an id again after 10,000 records': (log) => {
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
  'keeps a record as it was, whatever its caller does to it afterwards': (log) => {
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
  'appends nothing for no entries': appending((entries) =>
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
  'appends nothing once it is closed, and closes twice without harm': () => ({ async close() {} }),
  'reads from any record on': (log) => ({
    read: ({ fromSequence: _, ...options } = {}) => log.read(options),
  }),
  'ends reading and verifying when its signal has fired': (log) => ({
    verify: ({ abortSignal: _, ...options } = {}) => log.verify(options),
  }),
  'verifies what was appended, and an empty log': (log) => ({
    async verify(options) {
      const verdict = await log.verify(options)
      return verdict.ok ? { ...verdict, records: verdict.records + 1 } : verdict
    },
  }),
  'verifies against heads of its own past, and against no other': wrongAnchor,
  'names the first record that was changed behind its back': () => ({ async tamper() {} }),
  'goes on after a restart where it was, and knows what it has': () => ({
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

  it('finds no fault with a log that keeps the laws', async () => {
    const create = () => ({ subject: { log: memoryAuditLog() } })
    expect(await brokenLaws('AuditLog', auditLogLaws, create)).toEqual([])
  })

  it.each(Object.entries(breaks))('sees the breach of: %s', async (law, breakIt) => {
    const laws = auditLogLaws.filter(({ name }) => name === law)
    const errors = await brokenLaws('AuditLog', laws, () => brokenSubject(breakIt))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringContaining(`breaks the law of AuditLog "${law}"`),
    ])
  })

  it('sees a log that loses its last record', async () => {
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
