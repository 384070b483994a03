import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditLog } from 'modelspine'
import { fileAuditLog } from 'modelspine/adapters/file'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { createAuditCarrier } from '../src/plane/wiring/audit/audit-carrier.ts'
import { createAuditEnd } from '../src/plane/wiring/audit/audit-end.ts'
import type { StateStore, StoredObject } from '../src/store/contract.ts'
import { silentLogger } from '../src/telemetry/logger.ts'
import { created, entry, kind } from '../src/testing/state-store/subject.ts'
import { countCommits } from '../test/adapters/sqlite/commits-in-log.ts'
import { type BenchRow, median, percentile, type Run } from './bench.ts'

const callers = 64
const writesEach = 50
const rounds = 3

/**
 * What a SQLite store costs: how many writes share a sync to disk, and how long the event loop stands still while many
 * objects are listed and written. Flags: `--objects=10000`.
 */
export const run: Run = async (flags) => {
  const objects = Number(flags.objects ?? 10_000)
  const folder = mkdtempSync(join(tmpdir(), 'modelspine-bench-'))
  const store = sqliteStore({ path: join(folder, 'store.db') })
  try {
    const rows = [...(await syncs(store, folder)), ...(await stalls(store, objects))]
    return { name: 'store', rows }
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 64 callers write, and a carrier brings the events into an audit log of files meanwhile. */
async function syncs(store: StateStore, folder: string): Promise<BenchRow[]> {
  const objects = await Promise.all(
    Array.from({ length: callers }, (_, place) => created(store, `w${place}`)),
  )
  const log = fileAuditLog({ path: join(folder, 'audit') })
  let appends = 0
  let acknowledged = 0
  const audit: AuditLog = {
    ...log,
    append(entries) {
      appends += 1
      acknowledged += entries.length
      return log.append(entries)
    },
  }
  const lease = await store.acquireLease('audit', 'bench', 3_600_000)
  if (lease === null) throw new Error('the lease is held')
  const carry = createAuditCarrier({
    store,
    audit,
    end: createAuditEnd({ store, audit }),
    logger: silentLogger,
    fence: () => ({ lease: 'audit', fence: lease.fence }),
    omitted: () => {},
  })
  const count = countCommits(join(folder, 'store.db'))
  let writing = true
  const carrying = (async () => {
    while (writing) {
      await carry()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await carry()
  })()
  let events = 0
  await Promise.all(
    objects.map(async (first) => {
      let stored: StoredObject = first
      for (let round = 0; round < writesEach; round += 1) {
        events += 1
        const options = { expect: stored.version, events: [entry(`event-${events}`)] }
        stored = (await store.putStatus(kind, stored.key, { round }, options)) ?? stored
      }
    }),
  )
  writing = false
  await carrying
  const { commits } = count
  count.close()
  await log.close?.()
  if (acknowledged !== events) throw new Error(`${acknowledged} of ${events} events were carried`)
  return [
    {
      what: `${callers} callers, writes for each sync of the store, acknowledgements included`,
      value: (events + appends) / commits,
      unit: 'writes',
      aim: { atLeast: 10 },
    },
    {
      what: `${callers} callers, writes and audit records for each sync of store and audit log`,
      value: (2 * events) / (commits + appends),
      unit: 'writes',
      aim: { atLeast: 10 },
    },
  ]
}

/** How late the event loop is while many objects are listed and written. */
async function stalls(store: StateStore, objects: number): Promise<BenchRow[]> {
  for (let begun = 0; begun < objects; begun += 500) {
    const names = Array.from({ length: Math.min(500, objects - begun) }, (_, place) => `n${begun + place}`)
    await Promise.all(names.map((name) => created(store, name)))
  }
  const listed: number[] = []
  const written: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const found: StoredObject[] = []
    listed.push(
      await p99During(async () => {
        for await (const stored of store.list(kind)) found.push(stored)
      }),
    )
    written.push(
      await p99During(async () => {
        let next = 0
        const caller = async (): Promise<void> => {
          for (let stored = found[next++]; stored !== undefined; stored = found[next++]) {
            await store.putStatus(kind, stored.key, { round }, { expect: stored.version, events: [] })
          }
        }
        await Promise.all(Array.from({ length: callers }, caller))
      }),
    )
  }
  return [
    {
      what: `${objects} objects listed, p99 of the CPU time between two turns of the event loop`,
      value: median(listed),
      unit: 'ms',
      aim: { atMost: 20 },
    },
    {
      what: `${objects} objects written by ${callers}, the same`,
      value: median(written),
      unit: 'ms',
      aim: { atMost: 20 },
    },
  ]
}

/**
 * The 99th percentile of the CPU time of this thread between two turns of a timer of 1 ms. So it is how long the loop
 * stands still on a machine with nothing else to do. A loop that never turns has one such time.
 */
async function p99During(work: () => Promise<void>): Promise<number> {
  const gaps: number[] = []
  let last = process.threadCpuUsage()
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(last)
    gaps.push((user + system) / 1000)
    last = process.threadCpuUsage()
  }
  const timer = setInterval(turn, 1)
  await work()
  clearInterval(timer)
  turn()
  return percentile(gaps, 99)
}
