import { describe, expect, it } from 'vitest'
import { type AuditEntry, type AuditLog, memoryAuditLog, memoryStore } from '../../../../../src/index.ts'
import { type AuditWork, createAuditWork } from '../../../../../src/plane/wiring/audit/audit-work.ts'
import type { StateStore } from '../../../../../src/store/contract.ts'
import { silentLogger } from '../../../../../src/telemetry/logger.ts'
import { createFakeClock } from '../../../../../src/testing/fake-clock.ts'
import { auditEntry } from '../../../../audit-entry.ts'
import { collect } from '../../../collect.ts'
import { ann } from '../../plane-fixture.ts'

const clock = createFakeClock()

/** A log that outlives its process, with these records. */
async function logWith(
  count: number,
  details: AuditEntry['details'] = {},
  durable = true,
): Promise<AuditLog> {
  const log = memoryAuditLog()
  for (let record = 1; record <= count; record += 1) await log.append([auditEntry(`e${record}`, details)])
  return { ...log, capabilities: { durable } }
}

function writerOf(store: StateStore, audit: AuditLog): AuditWork {
  return createAuditWork({ store, audit, clock, logger: silentLogger, holder: 'me', leaseMs: 15_000 })
}

/** A store whose plane has carried three events into this log. */
async function storeAfter(audit: AuditLog): Promise<StateStore> {
  const store = memoryStore({ clock })
  await carryThree(store, writerOf(store, audit))
  return store
}

/** One by one, because appends that are cut in the middle are another matter. */
async function carryThree(store: StateStore, writer: AuditWork): Promise<void> {
  for (const id of ['e1', 'e2', 'e3']) {
    await commit(store, id)
    await writer.once()
  }
}

async function commit(store: StateStore, ...ids: readonly string[]): Promise<void> {
  const entries = ids.map((id) => auditEntry(id, {}))
  await store.putEvents('ModelDeployment', 'default/churn', entries)
}

const idsIn = async (log: AuditLog): Promise<string[]> => (await collect(log.read())).map(({ id }) => id)
const waiting = async (store: StateStore): Promise<number> => (await store.readEvents(10)).length
const broken = { code: 'audit-broken' }

describe('an audit log that has lost its end', () => {
  it('is left as it is, is a fault, and shows in verify', async () => {
    const store = await storeAfter(await logWith(0))
    expect(await store.auditHead()).toMatchObject({ records: 3 })
    for (const log of [
      await logWith(2),
      await logWith(0),
      await logWith(3, { other: 1 }),
      await logWith(4, { other: 1 }),
    ]) {
      const before = await idsIn(log)
      const writer = writerOf(store, log)
      await commit(store, `of ${before.length}`)
      await writer.once()
      expect(writer.fault).toMatchObject({ ...broken, message: expect.stringContaining('continueAudit') })
      expect(await idsIn(log), 'nothing is appended').toEqual(before)
      expect(await log.verify(), 'the chain looks whole').toMatchObject({ ok: true })
      expect(await writer.verify()).toMatchObject({ ok: false, sequence: Math.min(before.length + 1, 3) })
    }
    expect(await waiting(store)).toBe(4)
  })

  it('is noticed when the lease is gained, before any event waits', async () => {
    const writer = writerOf(await storeAfter(await logWith(0)), await logWith(2))
    await writer.once()
    expect(writer.fault).toMatchObject(broken)
  })

  it('goes on by itself when it is restored', async () => {
    const store = await storeAfter(await logWith(0))
    const whole = await logWith(3)
    const short = await logWith(2)
    let log = short
    const writer = writerOf(store, {
      capabilities: short.capabilities,
      append: (entries) => log.append(entries),
      read: (options) => log.read(options),
      verify: (options) => log.verify(options),
    })
    await commit(store, 'e4')
    await writer.once()
    log = whole
    await writer.once()
    expect(writer.fault).toBeUndefined()
    expect(await idsIn(whole)).toEqual(['e1', 'e2', 'e3', 'e4'])
    expect(await store.auditHead()).toMatchObject({ records: 4 })
  })

  it('goes on after a person has said so, with a record of what was lost', async () => {
    const store = await storeAfter(await logWith(0))
    const known = await store.auditHead()
    const log = await logWith(0)
    const writer = writerOf(store, log)
    await commit(store, 'e4')
    await writer.once()
    const end = await writer.continueAfterLoss(ann)
    await writer.once()
    expect(writer.fault).toBeUndefined()
    const records = await collect(log.read())
    expect(records.map(({ action, actor }) => [action, actor.name])).toEqual([
      ['log-continued', ann.name],
      [auditEntry('e4').action, auditEntry('e4').actor.name],
    ])
    expect(records[0]?.details).toEqual({ known, found: { records: 0, head: '0'.repeat(64) } })
    expect(end).toEqual({ records: 1, head: records[0]?.hash })
    expect(await writer.continueAfterLoss(ann), 'nothing is lost now').toMatchObject({ records: 2 })
    expect(await log.verify()).toMatchObject({ records: 2 })
  })

  it('is nothing but a longer log when the process died before it acknowledged', async () => {
    const store = await storeAfter(await logWith(0))
    const longer = await logWith(5)
    await commit(store, 'e4', 'e5', 'e6')
    const writer = writerOf(store, longer)
    await writer.once()
    expect(writer.fault).toBeUndefined()
    expect(await idsIn(longer)).toEqual(['e1', 'e2', 'e3', 'e4', 'e5', 'e6'])
  })

  it('is looked for in one record when another process writes, and in none while one goes on', async () => {
    const log = await logWith(0)
    const store = await storeAfter(log)
    let records = 0
    const counted: AuditLog = {
      ...log,
      async *read(options) {
        for await (const record of log.read(options)) {
          records += 1
          yield record
        }
      },
    }
    const [one, other] = [writerOf(store, counted), writerOf(store, counted)]
    const read: number[] = []
    for (const [place, writer] of [one, one, one, other, other, one].entries()) {
      await commit(store, `e${place + 4}`)
      await writer.once()
      expect(writer.fault).toBeUndefined()
      read.push(records)
    }
    expect(read).toEqual([1, 1, 1, 2, 2, 3])
  })

  it('shows also for a log in memory, but only to the process whose log it is', async () => {
    let log = await logWith(0, {}, false)
    const audit: AuditLog = {
      capabilities: { durable: false },
      append: (entries) => log.append(entries),
      read: (options) => log.read(options),
      verify: (options) => log.verify(options),
    }
    const store = memoryStore({ clock })
    const writer = writerOf(store, audit)
    await carryThree(store, writer)
    expect(await store.auditHead()).toBeNull()
    log = await logWith(2, {}, false)
    expect(await writer.verify()).toMatchObject({ ok: false, sequence: 3 })
    expect(await writerOf(store, audit).verify()).toMatchObject({ ok: true })
  })

  it('is judged by an anchor, too, whichever of the two heads is newer', async () => {
    const log = await logWith(0)
    const store = await storeAfter(log)
    const writer = writerOf(store, log)
    const old = await (await logWith(2)).verify()
    const foreign = await (await logWith(2, { other: 1 })).verify()
    const later = await (await logWith(9)).verify()
    if (!old.ok || !foreign.ok || !later.ok) throw new Error('a log is broken')
    expect(await writer.verify({ anchor: old })).toMatchObject({ ok: true, records: 3 })
    expect(await writer.verify({ anchor: foreign })).toMatchObject({ ok: false, sequence: 2 })
    expect(await writer.verify({ anchor: later })).toMatchObject({ ok: false, sequence: 4 })
  })
})
