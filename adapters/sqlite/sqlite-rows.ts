import {
  type AuditEntry,
  type Key,
  type Kind,
  type Lease,
  ModelspineError,
  messageOf,
  type OutboxEvent,
  type Resource,
  type StoredObject,
  sha256,
  splitKey,
  type UncommittedObject,
} from 'modelspine/adapter'
import type { EventRow, jsonColumns, LeaseRow, ObjectRow } from './row-types.ts'

export function rowOf(stored: UncommittedObject): Omit<ObjectRow, 'version'> {
  return {
    kind: stored.kind,
    key: stored.key,
    uid: stored.uid,
    generation: stored.generation,
    resource: JSON.stringify(stored.resource),
    status: stored.status === undefined ? null : JSON.stringify(stored.status),
    actor: JSON.stringify(stored.actor),
    created_at_ms: stored.createdAtMs,
    deletion: stored.deletion === undefined ? null : JSON.stringify(stored.deletion),
    finalizers: JSON.stringify(stored.finalizers),
  }
}

/**
 * What a row holds. Of an object that cannot be read, `stored` has what can be read, without status and
 * deletion mark. When that is too little, the resource has no spec and there are no finalizers.
 */
export type FoundObject =
  | { readonly type: 'read'; readonly stored: StoredObject }
  | { readonly type: 'unreadable'; readonly stored: StoredObject; readonly error: ModelspineError }

/** SQLite cannot notice a column that holds no JSON, because its pages have no checksums. */
export function objectOf(row: ObjectRow): FoundObject {
  const unreadable: string[] = []
  const column = <Value>(name: (typeof jsonColumns)[number]): Value => {
    try {
      return JSON.parse(row[name] ?? 'null') as Value
    } catch {
      unreadable.push(name)
      return null as Value
    }
  }
  const kind = row.kind as Kind
  const key = row.key as Key
  const whole: StoredObject = {
    kind,
    key,
    uid: row.uid,
    generation: row.generation,
    version: String(row.version),
    resource: column('resource'),
    ...(row.status === null ? {} : { status: column('status') }),
    actor: column('actor'),
    createdAtMs: row.created_at_ms,
    ...(row.deletion === null ? {} : { deletion: column('deletion') }),
    finalizers: column('finalizers'),
  }
  if (unreadable.length === 0) return { type: 'read', stored: whole }
  const error = new ModelspineError(
    'store-corrupt',
    `${kind} ${key} cannot be read (${unreadable.join(', ')}): apply it anew, delete it, or restore the store from a backup`,
    { details: { kind, key, columns: unreadable } },
  )
  const { status: _, deletion: __, ...kept } = whole
  const enough = kept.resource !== null && kept.actor !== null && kept.finalizers !== null
  return { type: 'unreadable', error, stored: enough ? kept : { ...kept, ...unknownObject(kind, key) } }
}

function unknownObject(kind: Kind, key: Key): Pick<StoredObject, 'resource' | 'actor' | 'finalizers'> {
  const metadata = { ...splitKey(key), labels: {}, annotations: {} }
  const resource = { apiVersion: 'modelspine.dev/v1alpha1', kind, metadata, spec: {} }
  return { resource: resource as unknown as Resource, actor: { name: 'unknown' }, finalizers: [] }
}

export function leaseOf(row: LeaseRow): Lease {
  const { name, holder, fence, expires_at_ms: expiresAtMs, store } = row
  return { name, holder, fence, expiresAtMs, store }
}

export function leaseRowOf(lease: Lease): LeaseRow {
  const { name, holder, fence, expiresAtMs: expires_at_ms, store } = lease
  return { name, holder, fence, expires_at_ms, store }
}

/**
 * The event of a row. An event that cannot be read has a stand-in, so that the events after it can be carried
 * on. `identity` makes its id unique among the events of all stores.
 */
export function eventOf({ position, entry }: EventRow, identity: string, nowMs: number): OutboxEvent {
  const id = String(position)
  try {
    return { id, entry: JSON.parse(entry) as AuditEntry }
  } catch (error) {
    const omitted = { bytes: Buffer.byteLength(entry), sha256: sha256(entry), reason: messageOf(error) }
    const standIn: AuditEntry = {
      id: `${identity}-${position}`,
      atMs: nowMs,
      actor: { name: 'modelspine' },
      action: 'event-unreadable',
      kind: 'StateStore',
      key: 'default/state-store',
      uid: '',
      generation: 0,
      details: { omitted },
    }
    return { id, entry: standIn }
  }
}
