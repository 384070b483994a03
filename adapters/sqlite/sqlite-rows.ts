import {
  type Key,
  type Kind,
  type Lease,
  ModelspineError,
  messageOf,
  type StoredObject,
} from 'modelspine/adapter'

/** A row of `objects`. JSON is kept as text, because its bytes must come back unchanged. */
export type ObjectRow = {
  readonly kind: string
  readonly key: string
  readonly uid: string
  readonly generation: number
  readonly version: number
  readonly resource: string
  readonly status: string | null
  readonly actor: string
  readonly created_at_ms: number
  readonly deletion: string | null
  readonly finalizers: string
}

export type LeaseRow = {
  readonly name: string
  readonly holder: string
  readonly fence: number
  readonly expires_at_ms: number
  /** The identity of the store. */
  readonly store: string
}

export function rowOf(stored: StoredObject): ObjectRow {
  return {
    kind: stored.kind,
    key: stored.key,
    uid: stored.uid,
    generation: stored.generation,
    version: Number(stored.version),
    resource: JSON.stringify(stored.resource),
    status: stored.status === undefined ? null : JSON.stringify(stored.status),
    actor: JSON.stringify(stored.actor),
    created_at_ms: stored.createdAtMs,
    deletion: stored.deletion === undefined ? null : JSON.stringify(stored.deletion),
    finalizers: JSON.stringify(stored.finalizers),
  }
}

/**
 * Throws `store-corrupt` when a column holds no JSON. SQLite cannot notice that, because its pages have no
 * checksums.
 */
export function objectOf(row: ObjectRow): StoredObject {
  const where = `${row.kind} ${row.key}`
  return {
    kind: row.kind as Kind,
    key: row.key as Key,
    uid: row.uid,
    generation: row.generation,
    version: String(row.version),
    resource: parsed(row.resource, `the resource of ${where}`),
    ...(row.status === null ? {} : { status: parsed(row.status, `the status of ${where}`) }),
    actor: parsed(row.actor, `the actor of ${where}`),
    createdAtMs: row.created_at_ms,
    ...(row.deletion === null ? {} : { deletion: parsed(row.deletion, `the deletion mark of ${where}`) }),
    finalizers: parsed(row.finalizers, `the finalizers of ${where}`),
  }
}

export function leaseOf(row: LeaseRow): Lease {
  const { name, holder, fence, expires_at_ms: expiresAtMs, store } = row
  return { name, holder, fence, expiresAtMs, store }
}

export function parsed<Value>(json: string, what: string): Value {
  try {
    return JSON.parse(json) as Value
  } catch (cause) {
    throw new ModelspineError(
      'store-corrupt',
      `${what} cannot be read: the file is damaged, restore it from a backup (${messageOf(cause)})`,
      { cause },
    )
  }
}
