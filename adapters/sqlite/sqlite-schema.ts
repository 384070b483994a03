import type { DatabaseSync } from 'node:sqlite'
import { Refused } from './sqlite-codes.ts'

/** "MDSP": marks a file as ours (https://www.sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x4d445350

/**
 * The entry at each position brings a file from that version to the next one. Only ever add entries, because
 * existing files have already run the earlier ones.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counters (name, value) VALUES ('version', 0), ('forgotten-removals', 0);

  CREATE TABLE objects (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    uid TEXT NOT NULL,
    generation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    resource TEXT NOT NULL,
    status TEXT,
    actor TEXT NOT NULL,
    created_at_ms REAL NOT NULL,
    deletion TEXT,
    finalizers TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT;
  CREATE INDEX objects_by_version ON objects (version);

  -- What a watch in another process needs to hear of objects that are gone. Only the latest are kept.
  CREATE TABLE removals (version INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL) STRICT;

  -- AUTOINCREMENT, so that a position is not used again once its event was acknowledged.
  CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL) STRICT;

  CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence INTEGER NOT NULL,
    expires_at_ms REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Older statuses call a revision's weight `percent`. Now statuses call it `weight`, as resources do.
  `
  UPDATE objects
  SET status = json_set(
    json_remove(status, '$.rollout.percent'), '$.rollout.weight', json_extract(status, '$.rollout.percent')
  )
  WHERE json_valid(status) AND json_type(status, '$.rollout.percent') IS NOT NULL;

  UPDATE objects
  SET status = json_set(status, '$.split', (
    SELECT json_group_array(json_object('revision', value ->> 'revision', 'weight', value -> 'percent'))
    FROM json_each(status, '$.split')
  ))
  WHERE json_valid(status) AND json_type(status, '$.split[0].percent') IS NOT NULL;

  -- A process of an older version may still have the file open. What it writes in the old form must not come in again.
  CREATE TRIGGER old_status_refused BEFORE UPDATE OF status ON objects
  WHEN json_valid(NEW.status)
    AND coalesce(json_type(NEW.status, '$.split[0].percent'), json_type(NEW.status, '$.rollout.percent')) IS NOT NULL
  BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has migrated this file: restart this process with the newer version');
  END;
  `,
  // One counter for the fences of all names. The identity belongs to the data, so a copy of the file keeps it.
  `
  CREATE TABLE identity (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), id TEXT NOT NULL) STRICT;
  INSERT INTO identity (only_row, id) VALUES (1, lower(hex(randomblob(16))));
  INSERT INTO counters (name, value) SELECT 'fence', coalesce(max(fence), 0) FROM leases;

  -- A process of an older version counts the fences of each name by themselves. It may renew a lease but not get one.
  CREATE TRIGGER old_grant_refused BEFORE UPDATE OF fence ON leases
  WHEN NEW.fence <> OLD.fence AND NEW.fence <> (SELECT value FROM counters WHERE name = 'fence')
  BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has migrated this file: restart this process with the newer version');
  END;
  CREATE TRIGGER old_first_grant_refused BEFORE INSERT ON leases
  WHEN NEW.fence <> (SELECT value FROM counters WHERE name = 'fence')
    AND NOT EXISTS (SELECT 1 FROM leases WHERE name = NEW.name)
  BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has migrated this file: restart this process with the newer version');
  END;
  `,
  // The next fence that such a process counts may be the counter. Then another name has that fence already.
  `
  CREATE TRIGGER granted_fence_refused BEFORE UPDATE OF fence ON leases
  WHEN NEW.fence <> OLD.fence AND EXISTS (SELECT 1 FROM leases WHERE fence >= NEW.fence)
  BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has migrated this file: restart this process with the newer version');
  END;
  CREATE TRIGGER granted_first_fence_refused BEFORE INSERT ON leases
  WHEN EXISTS (SELECT 1 FROM leases WHERE fence >= NEW.fence)
    AND NOT EXISTS (SELECT 1 FROM leases WHERE name = NEW.name)
  BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has migrated this file: restart this process with the newer version');
  END;
  `,
  // Events are read by shard, which the key of their object decides. They are acknowledged in any order, so they are
  // counted.
  `
  ALTER TABLE events ADD COLUMN key TEXT NOT NULL DEFAULT '';
  UPDATE events SET key = coalesce(json_extract(entry, '$.key'), '') WHERE json_valid(entry);

  INSERT INTO counters (name, value) SELECT 'waiting-events', count(*) FROM events;
  CREATE TRIGGER event_added AFTER INSERT ON events BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'waiting-events';
  END;
  CREATE TRIGGER event_forgotten AFTER DELETE ON events BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'waiting-events';
  END;

  -- A process of an older version writes no keys.
  CREATE TRIGGER old_event_refused BEFORE INSERT ON events WHEN NEW.key = '' BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has migrated this file: restart this process with the newer version');
  END;
  `,
  // A process of an older version may still have the file open. It does not know the shape of a newer status.
  `
  CREATE TRIGGER older_status_refused BEFORE UPDATE OF status ON objects
  WHEN json_valid(OLD.status) AND json_valid(NEW.status)
    AND coalesce(json_extract(NEW.status, '$.statusVersion'), 0)
      < coalesce(json_extract(OLD.status, '$.statusVersion'), 0)
  BEGIN
    SELECT RAISE(ABORT, 'a newer Modelspine has written this status: restart this process with the newer version');
  END;
  `,
  // What processes measured, for the others. AUTOINCREMENT, so that no cursor is ever ahead of a new row.
  `
  CREATE TABLE measurements (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    writer TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    expires_at_ms REAL NOT NULL,
    UNIQUE (writer, sequence)
  ) STRICT;
  CREATE INDEX measurements_by_expiry ON measurements (expires_at_ms);
  `,
  // Where the audit log ends that has the events which were acknowledged.
  `
  CREATE TABLE audit_head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1), records INTEGER NOT NULL, head TEXT NOT NULL
  ) STRICT;
  `,
]

/** Throws unless the file is empty or ours. Only reads. */
export function expectOurs(db: DatabaseSync, path: string): void {
  // In one transaction, because another process may be setting the file up at this moment.
  db.exec('BEGIN')
  const found = numberOf(db, 'PRAGMA application_id')
  const tables = numberOf(db, 'SELECT count(*) FROM sqlite_schema')
  db.exec('COMMIT')
  if (found === applicationId || (found === 0 && tables === 0)) return
  throw new Refused(
    'invalid-options',
    `path: "${path}" is a SQLite database of another application: give the path of a new file`,
    { details: { path, applicationId: found } },
  )
}

/**
 * Brings the file to the newest version that this code knows. It uses one transaction, so that only one of
 * several processes does it. Throws `store-unavailable`, not retryable, when the file is newer than the code.
 */
export function migrate(
  db: DatabaseSync,
  path: string,
  nowMs: number,
  steps: readonly string[] = migrations,
): void {
  if (schemaVersion(db) === steps.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    const from = schemaVersion(db)
    if (from > steps.length) throw newerFile(path, from, steps.length)
    if (from === 0) {
      db.exec(`PRAGMA application_id = ${applicationId}`)
      db.exec('CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at_ms REAL NOT NULL) STRICT')
    }
    const record = db.prepare('INSERT INTO migrations (version, applied_at_ms) VALUES (?, ?)')
    steps.slice(from).forEach((step, place) => {
      db.exec(step)
      record.run(from + place + 1, nowMs)
    })
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function schemaVersion(db: DatabaseSync): number {
  const known = numberOf(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'")
  return known === 0 ? 0 : numberOf(db, 'SELECT coalesce(max(version), 0) FROM migrations')
}

function newerFile(path: string, found: number, known: number): Refused {
  return new Refused(
    'store-unavailable',
    `${path}: its schema version is ${found}, but this Modelspine knows versions up to ${known}: upgrade Modelspine, or restore the file from before a newer Modelspine opened it`,
    { retryable: false, details: { path, found, known } },
  )
}

/** The number that a statement returns. */
export function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0])
}
