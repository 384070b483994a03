import type { AuditHead, Key, Kind } from 'modelspine/adapter'
import type { OpenFile } from './open-file.ts'
import type { EventRow, LeaseRow, MeasurementRow, ObjectRow } from './row-types.ts'
import type { LeaseState, Reads } from './sqlite-calls.ts'
import type { Statements } from './sqlite-statements.ts'

type Read<Name extends keyof Reads> = (file: OpenFile, ask: Reads[Name]['ask']) => Reads[Name]['answer']

/** How each read is answered. No transaction: two statements may read the data of different moments. */
export const reads: { readonly [Name in keyof Reads]: Read<Name> } = {
  object: ({ sql }, { kind, key }) => findObject(sql, kind, key),
  page: ({ sql }, { kind, after, limit }) => sql.page.all(kind, after, limit) as unknown as ObjectRow[],
  keys: ({ sql }, { kind, after, limit }) =>
    (sql.keys.all(kind, after, limit) as { key: Key }[]).map(({ key }) => key),
  events: ({ sql }, ask) => ({
    identity: identityOf(sql),
    rows:
      'limit' in ask
        ? (sql.events.all(ask.limit) as EventRow[])
        : ask.positions.flatMap((position) => sql.event.all(position) as EventRow[]),
  }),
  eventKeys: ({ sql }, { after, limit }) =>
    sql.eventKeys.all(after, limit) as { position: number; key: Key }[],
  measurements: ({ sql }, { after, nowMs, limit }) =>
    sql.measurements.all(after, nowMs, limit) as unknown as MeasurementRow[],
  auditHead: ({ sql }) => (sql.auditHead.get() as AuditHead | undefined) ?? null,
  mark: ({ sql }) => Number(sql.version.get()?.value),
  lease: ({ sql }, { name }) => leaseState(sql, name),
  changes({ sql, opened }, { last }) {
    const dataVersion = Number(sql.dataVersion.get()?.data_version)
    if (last?.opened === opened && last.dataVersion === dataVersion) return { seen: last, changes: [] }
    const version = Number(sql.version.get()?.value)
    return { seen: { opened, dataVersion, version }, changes: changesSince(sql, last?.version, version) }
  },
}

function changesSince(
  sql: Statements,
  seen: number | undefined,
  newest: number,
): Reads['changes']['answer']['changes'] {
  const forgotten = Number(sql.forgotten.get()?.value)
  // The last condition holds when the file was replaced by an older one.
  if (seen === undefined || seen < forgotten || newest < seen) return 'all'
  return sql.changes.all({ since: seen }) as { kind: Kind; key: Key }[]
}

export function findObject(sql: Statements, kind: Kind, key: Key): ObjectRow | null {
  return (sql.object.get(kind, key) as ObjectRow | undefined) ?? null
}

export function readLease(sql: Statements, name: string): LeaseRow | null {
  return (sql.lease.get(name) as LeaseRow | undefined) ?? null
}

export function leaseState(sql: Statements, name: string): LeaseState {
  return {
    lease: readLease(sql, name),
    fence: Number(sql.fence.get()?.value),
    identity: identityOf(sql),
  }
}

function identityOf(sql: Statements): string {
  return String(sql.identity.get()?.id)
}
