import type { Fence, Key, Kind } from 'modelspine/adapter'
import { jsonColumns, type LeaseRow, type ObjectRow } from './row-types.ts'
import type { EventWrite, LeaseState, Refusal, Writes } from './sqlite-calls.ts'
import type { Statements } from './sqlite-statements.ts'
import { findObject, leaseState, readLease } from './worker-reads.ts'

type Write<Name extends keyof Writes> = (sql: Statements, ask: Writes[Name]['ask']) => Writes[Name]['answer']

/** How many removals are kept for the watches of other processes. A watch that missed more gets `resync`. */
const removalsKept = 1000

/** How each write is made, inside a transaction. It compares first, so that a refusal has written nothing. */
export const writes: { readonly [Name in Exclude<keyof Writes, 'maxPages'>]: Write<Name> } = {
  put(sql, ask) {
    const { kind, key, seen, row } = ask
    const found = findObject(sql, kind, key)
    if ((found?.version ?? null) !== seen) return { type: 'changed', row: found }
    const refusal = withoutRoom(sql, ask)
    if (refusal !== undefined) return refusal
    const version = nextVersion(sql)
    if (row === null) removeObject(sql, kind, key, version)
    else sql.putObject.run({ ...row, version })
    addEvents(sql, ask)
    return { type: 'written', version }
  },
  status(sql, ask) {
    const { kind, key, expect, status, finalizers, fence } = ask
    const refusal = staleFence(sql, fence)
    if (refusal !== undefined) return refusal
    const found = findObject(sql, kind, key)
    if (found === null || String(found.version) !== expect || !isReadable(found)) {
      return { type: 'changed', row: found }
    }
    const full = withoutRoom(sql, ask)
    if (full !== undefined) return full
    const version = nextVersion(sql)
    const row: ObjectRow = { ...found, version, status, finalizers: finalizers ?? found.finalizers }
    const gone = row.deletion !== null && (JSON.parse(row.finalizers) as readonly string[]).length === 0
    if (gone) removeObject(sql, kind, key, version)
    else sql.putObject.run(row)
    addEvents(sql, ask)
    return { type: gone ? 'removed' : 'written', row }
  },
  record(sql, ask) {
    const refusal = staleFence(sql, ask.fence) ?? withoutRoom(sql, ask)
    if (refusal !== undefined) return refusal
    tellOthers(sql, ask.kind, ask.key, nextVersion(sql))
    addEvents(sql, ask)
    return { type: 'written' }
  },
  forget(sql, { ids, fence, head }) {
    const refusal = staleFence(sql, fence)
    if (refusal !== undefined) return refusal
    for (const id of ids) sql.forgetEvent.run(Number(id))
    if (head !== undefined) sql.putAuditHead.run({ records: head.records, head: head.head })
    return { type: 'written' }
  },
  grant(sql, { seen, next }) {
    const state = leaseState(sql, next.name)
    if (state.fence !== seen.fence || !isSame(state.lease, seen.lease)) return { type: 'changed', state }
    const { name, holder, fence, expires_at_ms } = next
    sql.setFence.run(fence)
    sql.putLease.run({ name, holder, fence, expires_at_ms })
    return { type: 'written' }
  },
  measure(sql, { writer, sequence, body, nowMs, expiresAtMs, most }) {
    sql.expireMeasurements.run(nowMs)
    sql.putMeasurement.run(writer, sequence, body, expiresAtMs)
    sql.boundMeasurements.run(most)
    return null
  },
  renew(sql, { name, holder, fence, nowMs, expiresAtMs }) {
    const last = readLease(sql, name)
    if (last?.holder !== holder || last.fence !== fence || last.expires_at_ms <= nowMs) return null
    sql.putLease.run({ name, holder, fence, expires_at_ms: expiresAtMs })
    return { ...last, expires_at_ms: expiresAtMs }
  },
}

function nextVersion(sql: Statements): number {
  const version = Number(sql.version.get()?.value) + 1
  sql.setVersion.run(version)
  return version
}

function removeObject(sql: Statements, kind: Kind, key: Key, version: number): void {
  sql.removeObject.run(kind, key)
  tellOthers(sql, kind, key, version)
}

/** The watches of other processes look at the key. What they find there says whether it was removed. */
function tellOthers(sql: Statements, kind: Kind, key: Key, version: number): void {
  sql.addRemoval.run(version, kind, key)
  const old = sql.oldRemoval.get(removalsKept)?.version
  if (old === undefined) return
  sql.forgetRemovals.run(old)
  sql.setForgotten.run(old)
}

function addEvents(sql: Statements, { key, events }: EventWrite): void {
  for (const entry of events) sql.addEvent.run(key, entry)
}

function staleFence(
  sql: Statements,
  fence: Fence | undefined,
): Extract<Refusal, { type: 'stale' }> | undefined {
  if (fence === undefined) return undefined
  const lease = readLease(sql, fence.lease)
  return lease?.fence === fence.fence ? undefined : { type: 'stale', lease }
}

function withoutRoom(
  sql: Statements,
  { events, mostEvents }: EventWrite,
): Extract<Refusal, { type: 'full' }> | undefined {
  if (events.length === 0) return undefined
  const waiting = Number(sql.waitingEvents.get()?.value)
  return waiting + events.length > mostEvents ? { type: 'full', waiting } : undefined
}

function isReadable(row: ObjectRow): boolean {
  try {
    for (const column of jsonColumns) JSON.parse(row[column] ?? 'null')
    return true
  } catch {
    return false
  }
}

function isSame(one: LeaseRow | null, other: LeaseState['lease']): boolean {
  if (one === null || other === null) return one === other
  return one.holder === other.holder && one.fence === other.fence && one.expires_at_ms === other.expires_at_ms
}
