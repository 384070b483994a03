import type { DatabaseSync, StatementSync } from 'node:sqlite'

const texts = {
  version: "SELECT value FROM counters WHERE name = 'version'",
  setVersion: "UPDATE counters SET value = ? WHERE name = 'version'",
  object: 'SELECT * FROM objects WHERE kind = ? AND key = ?',
  page: 'SELECT * FROM objects WHERE kind = ? AND key > ? ORDER BY key LIMIT ?',
  keys: 'SELECT key FROM objects WHERE kind = ? AND key > ? ORDER BY key LIMIT ?',
  putObject: `
    INSERT INTO objects
      (kind, key, uid, generation, version, resource, status, actor, created_at_ms, deletion, finalizers)
    VALUES
      ($kind, $key, $uid, $generation, $version, $resource, $status, $actor, $created_at_ms, $deletion, $finalizers)
    ON CONFLICT (kind, key) DO UPDATE SET
      uid = $uid, generation = $generation, version = $version, resource = $resource, status = $status,
      actor = $actor, created_at_ms = $created_at_ms, deletion = $deletion, finalizers = $finalizers`,
  removeObject: 'DELETE FROM objects WHERE kind = ? AND key = ?',
  addRemoval: 'INSERT INTO removals (version, kind, key) VALUES (?, ?, ?)',
  oldRemoval: 'SELECT version FROM removals ORDER BY version DESC LIMIT 1 OFFSET ?',
  forgetRemovals: 'DELETE FROM removals WHERE version <= ?',
  setForgotten: "UPDATE counters SET value = ? WHERE name = 'forgotten-removals'",
  forgotten: "SELECT value FROM counters WHERE name = 'forgotten-removals'",
  changes: `
    SELECT kind, key FROM objects WHERE version > $since
    UNION SELECT kind, key FROM removals WHERE version > $since`,
  addEvent: 'INSERT INTO events (key, entry) VALUES (?, ?)',
  waitingEvents: "SELECT value FROM counters WHERE name = 'waiting-events'",
  events: 'SELECT position, entry FROM events ORDER BY position LIMIT ?',
  eventKeys: 'SELECT position, key FROM events WHERE position > ? ORDER BY position LIMIT ?',
  event: 'SELECT position, entry FROM events WHERE position = ?',
  forgetEvent: 'DELETE FROM events WHERE position = ?',
  auditHead: 'SELECT records, head FROM audit_head',
  putAuditHead: `
    INSERT INTO audit_head (only_row, records, head) VALUES (1, $records, $head)
    ON CONFLICT (only_row) DO UPDATE SET records = $records, head = $head`,
  identity: 'SELECT id FROM identity',
  fence: "SELECT value FROM counters WHERE name = 'fence'",
  setFence: "UPDATE counters SET value = max(value, ?) WHERE name = 'fence'",
  lease: 'SELECT leases.*, identity.id AS store FROM leases, identity WHERE name = ?',
  putLease: `
    INSERT INTO leases (name, holder, fence, expires_at_ms) VALUES ($name, $holder, $fence, $expires_at_ms)
    ON CONFLICT (name) DO UPDATE SET holder = $holder, fence = $fence, expires_at_ms = $expires_at_ms`,
  putMeasurement: `
    INSERT INTO measurements (writer, sequence, body, expires_at_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (writer, sequence) DO NOTHING`,
  expireMeasurements: 'DELETE FROM measurements WHERE expires_at_ms <= ?',
  boundMeasurements: `
    DELETE FROM measurements
    WHERE position <= (SELECT position FROM measurements ORDER BY position DESC LIMIT 1 OFFSET ?)`,
  measurements: `
    SELECT position, writer, sequence, body FROM measurements
    WHERE position > ? AND expires_at_ms > ? ORDER BY position LIMIT ?`,
  dataVersion: 'PRAGMA data_version',
  savepoint: 'SAVEPOINT one_write',
  release: 'RELEASE one_write',
  undo: 'ROLLBACK TO one_write',
} as const

export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>

/** All statements of the store, compiled once for each connection. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(texts).map(([name, text]) => [name, db.prepare(text)])
  return Object.fromEntries(prepared) as Statements
}
