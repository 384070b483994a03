import { DatabaseSync } from 'node:sqlite'
import type { DeploymentStatus, Key } from 'modelspine'
import type { AuditEntry } from 'modelspine/adapter'
import { sqliteStore } from 'modelspine/adapters/sqlite'

/** One committed state of a deployment. */
export interface CommittedState {
  readonly key: Key
  readonly uid: string
  readonly generation: number
  readonly status: DeploymentStatus | undefined
  readonly deleting: boolean
}

/** One grant of the lease, under a fence of its own. */
export interface Grant {
  readonly holder: string
  readonly fence: number
  /** Milliseconds since the epoch. */
  readonly atMs: number
}

export interface CommitJournal {
  /** Every grant of the loop's lease, the oldest first. A renewal is not a grant. */
  readonly grants: readonly Grant[]
  /** Every event that was ever committed with an object, in commit order. */
  readonly events: readonly AuditEntry[]
  /** Every committed state of a deployment, in commit order. A removal is not a state. */
  readonly states: readonly CommittedState[]
  /** Keys of the deployments that exist now. */
  readonly present: readonly string[]
  /** Events that wait for the audit log. */
  readonly waiting: number
  /** The number of committed writes of objects. A removal is not counted. */
  readonly commits: number
}

/**
 * Makes the store's file and lets SQLite itself copy each committed row in the same transaction. So a kill
 * cannot separate this record from the plane's writes.
 */
export async function keepCommits(path: string): Promise<void> {
  const store = sqliteStore({ path })
  await store.readEvents(1)
  await store.close()
  const db = new DatabaseSync(path)
  const columns = 'key, kind, uid, generation, status, deletion'
  const values = columns
    .split(', ')
    .map((column) => `NEW.${column}`)
    .join(', ')
  db.exec(`
    CREATE TABLE kept_events (position INTEGER PRIMARY KEY, entry TEXT NOT NULL);
    CREATE TRIGGER keep_event AFTER INSERT ON events BEGIN
      INSERT INTO kept_events VALUES (NEW.position, NEW.entry);
    END;
    CREATE TABLE kept_states (place INTEGER PRIMARY KEY AUTOINCREMENT, key, kind, uid, generation, status, deletion);
    CREATE TABLE kept_grants (place INTEGER PRIMARY KEY AUTOINCREMENT, holder, fence, at_ms);
    CREATE TRIGGER keep_first_grant AFTER INSERT ON leases WHEN NEW.name = 'modelspine' BEGIN
      INSERT INTO kept_grants (holder, fence, at_ms) VALUES (NEW.holder, NEW.fence, unixepoch('subsec') * 1000);
    END;
    CREATE TRIGGER keep_grant AFTER UPDATE ON leases WHEN NEW.fence <> OLD.fence AND NEW.name = 'modelspine' BEGIN
      INSERT INTO kept_grants (holder, fence, at_ms) VALUES (NEW.holder, NEW.fence, unixepoch('subsec') * 1000);
    END;
    CREATE TRIGGER keep_new AFTER INSERT ON objects BEGIN
      INSERT INTO kept_states (${columns}) VALUES (${values});
    END;
    CREATE TRIGGER keep_changed AFTER UPDATE ON objects BEGIN
      INSERT INTO kept_states (${columns}) VALUES (${values});
    END;
  `)
  db.close()
}

export function readCommits(path: string): CommitJournal {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as Row[]
  const states = all<Record<'key' | 'uid' | 'status' | 'deletion', string | null> & { generation: number }>(
    "SELECT * FROM kept_states WHERE kind = 'ModelDeployment' ORDER BY place",
  )
  const journal: CommitJournal = {
    grants: all<{ holder: string; fence: number; at_ms: number }>(
      'SELECT * FROM kept_grants ORDER BY place',
    ).map(({ holder, fence, at_ms }) => ({ holder, fence, atMs: at_ms })),
    events: all<{ entry: string }>('SELECT entry FROM kept_events ORDER BY position').map(
      ({ entry }) => JSON.parse(entry) as AuditEntry,
    ),
    states: states.map(({ key, uid, generation, status, deletion }) => ({
      key: key as Key,
      uid: uid ?? '',
      generation,
      status: status === null ? undefined : (JSON.parse(status) as DeploymentStatus),
      deleting: deletion !== null,
    })),
    present: all<{ key: string }>("SELECT key FROM objects WHERE kind = 'ModelDeployment'").map(
      ({ key }) => key,
    ),
    waiting: all('SELECT position FROM events').length,
    commits: all('SELECT place FROM kept_states').length,
  }
  db.close()
  return journal
}
