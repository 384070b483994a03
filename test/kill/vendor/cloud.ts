import { DatabaseSync } from 'node:sqlite'
import type { Key } from 'modelspine'
import type { Revision, Scale, Split } from 'modelspine/adapter'

/**
 * A vendor in a file, so that it outlives the processes that use it. Names are random: each object has a tag,
 * and a second create with the same tag changes nothing. Creates and removals come into the list late.
 */
export interface Cloud {
  /** The objects of a key as the list shows them. */
  list(key: Key): readonly CloudObject[]
  /** The object with this tag, which the vendor finds at once. */
  tagged(tag: string): CloudObject | undefined
  /** The keys that the list shows. */
  keys(): readonly Key[]
  create(key: Key, revision: Revision, scale: Scale, sent: Sent): void
  /** False when the objects were gone before. */
  remove(key: Key, names: readonly string[], sent: Sent): boolean
  split(key: Key, split: Split, sent: Sent): void
  scale(key: Key, name: string, scale: Scale, sent: Sent): void
  /** What the vendor itself knows, whatever its list shows. */
  record(): CloudRecord
  /** Whether an object of this revision runs and takes requests. */
  serves(key: Key, name: string): boolean
  close(): void
}

export interface Sent {
  readonly operationId: string
  readonly fence: number
}

export interface CloudObject {
  readonly id: string
  readonly revision: Revision
  readonly weight: number
  readonly scale: Scale
  readonly isReady: boolean
}

/** Something that the vendor really did. */
export interface CloudMutation {
  readonly kind: 'create' | 'remove' | 'split' | 'scale'
  readonly key: Key
  /** Absent for a split. */
  readonly revision?: string
  readonly operationId: string
  readonly fence: number
}

export interface CloudOptions {
  /** A file, or `:memory:`. */
  readonly path: string
  readonly lagMs: number
  readonly now: () => number
}

const readyAfterMs = 100

interface Row {
  readonly id: string
  readonly key: string
  readonly revision: string
  readonly created_ms: number
  readonly weight: number
  readonly scale: string
}

export function openCloud({ path, lagMs, now }: CloudOptions): Cloud {
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS objects (
      id TEXT PRIMARY KEY, key TEXT, name TEXT, revision TEXT, tag TEXT UNIQUE,
      created_ms REAL, removed_ms REAL, weight INTEGER, scale TEXT
    );
    CREATE TABLE IF NOT EXISTS mutations (
      place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, key TEXT, revision TEXT, operation_id TEXT, fence INTEGER
    );
  `)
  const objectOf = ({ id, revision, created_ms, weight, scale }: Row): CloudObject => ({
    id,
    revision: JSON.parse(revision) as Revision,
    weight,
    scale: JSON.parse(scale) as Scale,
    isReady: now() >= created_ms + readyAfterMs,
  })
  const note = (kind: CloudMutation['kind'], key: Key, name: string | null, sent: Sent): void => {
    db.prepare('INSERT INTO mutations (kind, key, revision, operation_id, fence) VALUES (?, ?, ?, ?, ?)').run(
      kind,
      key,
      name,
      sent.operationId,
      sent.fence,
    )
  }
  /** All of it is done, or nothing. A killed process leaves no half of a mutation. */
  const mutate = <Result>(work: () => Result): Result => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
  }
  const shown = 'created_ms <= $seenMs AND (removed_ms IS NULL OR removed_ms > $seenMs)'
  const seenMs = (): { readonly seenMs: number } => ({ seenMs: now() - lagMs })

  return {
    list: (key) =>
      (
        db
          .prepare(`SELECT * FROM objects WHERE key = $key AND ${shown} ORDER BY created_ms`)
          .all({ key, ...seenMs() }) as unknown as readonly Row[]
      ).map(objectOf),
    tagged(tag) {
      const row = db.prepare('SELECT * FROM objects WHERE tag = ? AND removed_ms IS NULL').get(tag)
      return row === undefined ? undefined : objectOf(row as unknown as Row)
    },
    keys: () =>
      db
        .prepare(`SELECT DISTINCT key FROM objects WHERE ${shown} ORDER BY key`)
        .all(seenMs())
        .map(({ key }) => key as Key),
    create: (key, revision, scale, sent) =>
      mutate(() => {
        const made = db
          .prepare(
            `INSERT INTO objects (id, key, name, revision, tag, created_ms, weight, scale)
             VALUES (lower(hex(randomblob(8))), ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (tag) DO NOTHING`,
          )
          .run(key, revision.name, JSON.stringify(revision), sent.operationId, now(), JSON.stringify(scale))
        if (made.changes > 0) note('create', key, revision.name, sent)
      }),
    remove: (key, names, sent) =>
      mutate(() => {
        const removed = names.filter(
          (name) =>
            db
              .prepare('UPDATE objects SET removed_ms = ? WHERE key = ? AND name = ? AND removed_ms IS NULL')
              .run(now(), key, name).changes > 0,
        )
        for (const name of removed) note('remove', key, name, sent)
        return removed.length > 0
      }),
    split: (key, split, sent) =>
      mutate(() => {
        db.prepare('UPDATE objects SET weight = 0 WHERE key = ?').run(key)
        for (const { revision, weight } of split) {
          db.prepare('UPDATE objects SET weight = ? WHERE key = ? AND name = ?').run(weight, key, revision)
        }
        note('split', key, null, sent)
      }),
    scale: (key, name, scale, sent) =>
      mutate(() => {
        db.prepare('UPDATE objects SET scale = ? WHERE key = ? AND name = ?').run(
          JSON.stringify(scale),
          key,
          name,
        )
        note('scale', key, name, sent)
      }),
    serves(key, name) {
      const row = db
        .prepare('SELECT * FROM objects WHERE key = ? AND name = ? AND removed_ms IS NULL')
        .get(key, name)
      return row !== undefined && objectOf(row as unknown as Row).isReady
    },
    record: () => ({
      mutations: db
        .prepare('SELECT * FROM mutations ORDER BY place')
        .all()
        .map(
          ({ kind, key, revision, operation_id, fence }): CloudMutation => ({
            kind: kind as CloudMutation['kind'],
            key: key as Key,
            ...(revision !== null && { revision: String(revision) }),
            operationId: String(operation_id),
            fence: Number(fence),
          }),
        ),
      running: db
        .prepare('SELECT key, name FROM objects WHERE removed_ms IS NULL ORDER BY key, name')
        .all()
        .map(({ key, name }) => ({ key: key as Key, revision: String(name) })),
    }),
    close: () => db.close(),
  }
}

export interface CloudRecord {
  readonly mutations: readonly CloudMutation[]
  /** What runs in the end. */
  readonly running: readonly { readonly key: Key; readonly revision: string }[]
}

/** What the vendor in this file itself knows. */
export function readCloud(path: string): CloudRecord {
  const cloud = openCloud({ path, lagMs: 0, now: Date.now })
  const record = cloud.record()
  cloud.close()
  return record
}
