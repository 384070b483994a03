import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { createFakeClock } from 'modelspine/testing'
import { afterEach, expect, it } from 'vitest'
import { type AuditWork, createAuditWork } from '../../../src/plane/wiring/audit/audit-work.ts'
import type { StateStore } from '../../../src/store/contract.ts'
import { silentLogger } from '../../../src/telemetry/logger.ts'
import { auditEntry as entry } from '../../audit-entry.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { collect } from '../../unit/collect.ts'
import { chainFiles } from './audit-fixture.ts'

let closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing) await close()
  closing = []
})

/** What a process has of the store and the log in the folder. */
function processIn(folder: string): {
  store: StateStore
  writer: AuditWork
  carry(id: string): Promise<void>
} {
  const clock = createFakeClock()
  const store = sqliteStore({ path: join(folder, 'store.db'), clock })
  const audit = fileAuditLog({ path: join(folder, 'audit'), maxBytes: 1200, clock })
  const writer = createAuditWork({ store, audit, clock, logger: silentLogger, holder: 'me', leaseMs: 15_000 })
  closing.push(
    () => store.close(),
    async () => audit.close?.(),
  )
  const carry = async (id: string): Promise<void> => {
    await store.putEvents('ModelDeployment', 'default/churn', [entry(id)])
    await writer.once()
  }
  return { store, writer, carry }
}

async function folderWith(records: number): Promise<string> {
  const folder = temporaryFolder()
  const { carry } = processIn(folder)
  for (let record = 1; record <= records; record += 1) await carry(`e${record}`)
  return folder
}

const files = (folder: string): readonly string[] => chainFiles(join(folder, 'audit'))
const lastOf = (folder: string): string => files(folder).at(-1) ?? ''

it.each([
  ['its last file', (folder: string) => rmSync(lastOf(folder))],
  [
    'all its files',
    (folder: string) =>
      void files(folder).forEach((file) => {
        rmSync(file)
      }),
  ],
  ['its last lines', (folder: string) => truncateSync(lastOf(folder), 0)],
  [
    'its last line in part, although the store knows of it',
    (folder: string) => truncateSync(lastOf(folder), readFileSync(lastOf(folder)).length - 9),
  ],
])('a new process sees that a log of files has lost %s, and leaves the rest as it is', async (_, remove) => {
  const folder = await folderWith(7)
  expect(files(folder).length).toBeGreaterThan(2)
  remove(folder)
  const left = files(folder).map((file) => readFileSync(file, 'utf8'))
  const { store, writer, carry } = processIn(folder)
  await carry('e8')
  expect(writer.fault).toMatchObject({ code: 'audit-broken' })
  expect(await writer.verify()).toMatchObject({ ok: false })
  expect(files(folder).map((file) => readFileSync(file, 'utf8'))).toEqual(left)
  expect(await store.readEvents(9)).toHaveLength(1)
})

it('a new process takes a tail that a crash tore for what it is: it was never acknowledged', async () => {
  const folder = await folderWith(4)
  writeFileSync(lastOf(folder), '{"action":"half a rec', { flag: 'a' })
  const { writer, store, carry } = processIn(folder)
  await carry('e5')
  expect(writer.fault).toBeUndefined()
  expect(await writer.verify()).toMatchObject({ ok: true, records: 6 })
  expect(await store.auditHead()).toMatchObject({ records: 6 })
  const records = await collect(fileAuditLog({ path: join(folder, 'audit') }).read())
  expect(records.slice(4).map(({ action }) => action)).toEqual(['log-recovered', entry('').action])
})
