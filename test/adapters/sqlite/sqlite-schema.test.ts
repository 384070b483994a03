import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { beforeEach, describe, expect, it } from 'vitest'
import { migrate, migrations } from '../../../adapters/sqlite/sqlite-schema.ts'
import { created, entry, kind, standing } from '../../../src/testing/state-store/subject.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

let path: string

beforeEach(() => {
  path = `${temporaryFolder()}/state.db`
})

const applied = (db: DatabaseSync): unknown[] =>
  db
    .prepare('SELECT version, applied_at_ms FROM migrations ORDER BY version')
    .all()
    .map((row) => Object.values(row))

describe('the schema of a file', () => {
  it('is created and recorded at the first use', async () => {
    const store = sqliteStore({ path })
    await created(store)
    await store.close()
    const db = new DatabaseSync(path)
    expect(applied(db)).toEqual(migrations.map((_, place) => [place + 1, expect.any(Number)]))
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    db.close()
  })

  it('is refused and left unchanged when the file is newer than the code', async () => {
    const store = sqliteStore({ path })
    await created(store)
    await store.close()
    const db = new DatabaseSync(path)
    db.exec('INSERT INTO migrations (version, applied_at_ms) VALUES (99, 0)')
    const again = sqliteStore({ path })
    const read = again.get(kind, 'default/churn')
    await expect(read).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: false,
      details: { path, found: 99, known: migrations.length },
    })
    await expect(read).rejects.toThrow(/schema version is 99, .* upgrade Modelspine/)
    db.exec('DELETE FROM migrations WHERE version = 99')
    db.close()
    await standing(again)
    await again.close()
  })

  it('gets only the migration steps that the file has not had', () => {
    const db = new DatabaseSync(path)
    const steps = ['CREATE TABLE one (a)', 'ALTER TABLE one ADD COLUMN b']
    migrate(db, path, 1, steps.slice(0, 1))
    migrate(db, path, 2, steps)
    migrate(db, path, 3, steps)
    expect(applied(db)).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(db.prepare('SELECT a, b FROM one').all()).toEqual([])
    db.close()
  })

  it('stays unchanged when a migration step fails', () => {
    const db = new DatabaseSync(path)
    migrate(db, path, 1, ['CREATE TABLE one (a)'])
    const broken = ['CREATE TABLE one (a)', 'CREATE TABLE two (a); CREATE TABLE one (a)']
    expect(() => migrate(db, path, 2, broken)).toThrow(/one already exists/)
    expect(applied(db)).toEqual([[1, 1]])
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'two'").all()).toEqual([])
    db.close()
  })

  it('refuses a status of an older version in the place of a newer one', async () => {
    const store = sqliteStore({ path })
    const { version } = await created(store)
    const options = (expect: string) => ({ expect, events: [] })
    const put = (status: object, expected: string) =>
      store.putStatus(kind, 'default/churn', status, options(expected))
    const old = await put({ rollout: {} }, version)
    const present = await put({ statusVersion: 2 }, old?.version ?? '')
    const refused = put({ rollout: {} }, present?.version ?? '')
    await expect(refused).rejects.toThrow(/a newer Modelspine has written this status/)
    expect((await store.get(kind, 'default/churn'))?.status).toEqual({ statusVersion: 2 })
    await store.close()
  })

  it('renames percent to weight in the statuses, and changes nothing else', async () => {
    const db = new DatabaseSync(path)
    migrate(db, path, 1, migrations.slice(0, 1))
    db.exec('PRAGMA application_id = 0x4d445350')
    const insert = db.prepare(
      `INSERT INTO objects VALUES ('ModelDeployment', ?, 'u', 1, 1, '{}', ?, '{"name":"ada"}', 0, NULL, '[]')`,
    )
    const settings = { percent: 5, note: '"percent":5' }
    const split = [
      { revision: 'a', percent: 87.5 },
      { revision: 'b', percent: 12.5 },
    ]
    const rollout = { phase: 'shifting', revision: 'b', step: 0, percent: 12.5, sinceMs: 1 }
    insert.run('default/moving', JSON.stringify({ revisions: [{ revision: { settings } }], split, rollout }))
    insert.run('default/empty', JSON.stringify({ split: [], rollout: { phase: 'pending', sinceMs: 1 } }))
    insert.run('default/damaged', '{"split":')
    insert.run('default/unseen', null)
    db.close()
    const store = sqliteStore({ path })
    expect((await store.get(kind, 'default/moving'))?.status).toEqual({
      revisions: [{ revision: { settings } }],
      split: [
        { revision: 'a', weight: 87.5 },
        { revision: 'b', weight: 12.5 },
      ],
      rollout: { phase: 'shifting', revision: 'b', step: 0, weight: 12.5, sinceMs: 1 },
    })
    expect((await store.get(kind, 'default/empty'))?.status).toEqual({
      split: [],
      rollout: { phase: 'pending', sinceMs: 1 },
    })
    await expect(store.get(kind, 'default/damaged')).rejects.toMatchObject({ code: 'store-corrupt' })
    expect(await store.get(kind, 'default/unseen')).not.toHaveProperty('status')
    await store.close()
  })

  it('refuses the old form of a status from a process that had the file open before', async () => {
    const before = new DatabaseSync(path)
    migrate(before, path, 1, migrations.slice(0, 1))
    before.exec('PRAGMA application_id = 0x4d445350')
    before.exec(
      `INSERT INTO objects VALUES ('ModelDeployment', 'default/churn', 'u', 1, 1, '{}', NULL, '{"name":"ada"}', 0, NULL, '[]')`,
    )
    const store = sqliteStore({ path })
    expect(await store.get(kind, 'default/churn')).not.toBeNull()
    const write = before.prepare('UPDATE objects SET status = ? WHERE key = ?')
    const old = { split: [{ revision: 'a', percent: 100 }], rollout: { phase: 'converged' } }
    expect(() => write.run(JSON.stringify(old), 'default/churn')).toThrow(/a newer Modelspine has migrated/)
    const blocked = { split: [], rollout: { phase: 'blocked', percent: 0 } }
    expect(() => write.run(JSON.stringify(blocked), 'default/churn')).toThrow(
      /a newer Modelspine has migrated/,
    )
    const now = { split: [{ revision: 'a', weight: 100 }], rollout: { phase: 'converged' } }
    expect(write.run(JSON.stringify(now), 'default/churn').changes).toBe(1)
    before.close()
    await store.close()
  })

  it('gets an identity when it is made, which a copy of the file keeps', async () => {
    const identityAt = async (file: string): Promise<string | undefined> => {
      const store = sqliteStore({ path: file })
      const lease = await store.acquireLease('loop', 'me', 1)
      await store.close()
      return lease?.store
    }
    const own = await identityAt(path)
    expect(own).toMatch(/^[0-9a-f]{32}$/)
    copyFileSync(path, `${path}.copy`)
    expect(await identityAt(`${path}.copy`)).toBe(own)
    expect(await identityAt(`${path}.other`)).not.toBe(own)
  })

  it('goes on from the highest fence of all names when an older file is migrated', async () => {
    const before = new DatabaseSync(path)
    migrate(before, path, 1, migrations.slice(0, 2))
    before.exec('PRAGMA application_id = 0x4d445350')
    before.exec("INSERT INTO leases VALUES ('loop', 'me', 7, 0), ('other', 'me', 41, 0)")
    const store = sqliteStore({ path })
    expect((await store.acquireLease('loop', 'me', 60_000))?.fence).toBe(42)
    expect((await store.acquireLease('new', 'me', 60_000))?.fence).toBe(43)
    before.close()
    await store.close()
  })

  it('gives the events of an older file their keys and their number', async () => {
    const before = new DatabaseSync(path)
    migrate(before, path, 1, migrations.slice(0, 4))
    before.exec('PRAGMA application_id = 0x4d445350')
    const insert = before.prepare('INSERT INTO events (entry) VALUES (?)')
    for (const name of ['a', 'b', 'a'])
      insert.run(JSON.stringify(entry(name, { key: 'no key of an object' })))
    insert.run('{"id": "cut')
    const store = sqliteStore({ path, maxEvents: 5 })
    const shards = await Promise.all([0, 1].map((index) => store.readEvents(10, { index, of: 2 })))
    const read = shards.flat().map((event) => event.entry.id)
    expect(read.map((id) => id.replace(/^.*-4$/, 'cut')).sort()).toEqual(['a', 'a', 'b', 'cut'])
    const all = await store.readEvents(10)
    expect(all.map((event) => event.entry.id)).toEqual(['a', 'b', 'a', expect.stringMatching(/-4$/)])
    await created(store, 'fifth', { events: () => [entry('fifth')] })
    await expect(created(store, 'sixth', { events: () => [entry('sixth')] })).rejects.toMatchObject({
      code: 'store-full',
    })
    await store.acknowledgeEvents(all.slice(1, 3).map(({ id }) => id))
    await created(store, 'sixth', { events: () => [entry('6'), entry('7')] })
    expect(() => insert.run('{}')).toThrow(/a newer Modelspine has migrated/)
    before.close()
    await store.close()
  })

  it('refuses a grant from a process that had the file open before and counts by name', async () => {
    const before = new DatabaseSync(path)
    migrate(before, path, 1, migrations.slice(0, 2))
    before.exec('PRAGMA application_id = 0x4d445350')
    before.exec("INSERT INTO leases VALUES ('loop', 'old', 7, 0)")
    const store = sqliteStore({ path })
    expect(await store.get(kind, 'default/churn')).toBeNull()
    const grant = before.prepare(`
      INSERT INTO leases (name, holder, fence, expires_at_ms) VALUES (?, 'old', ?, 9)
      ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, expires_at_ms = 9`)
    expect(() => grant.run('loop', 8)).toThrow(/a newer Modelspine has migrated/)
    expect(() => grant.run('other', 1)).toThrow(/a newer Modelspine has migrated/)
    expect(grant.run('loop', 7).changes).toBe(1)
    // The counter is now what the old process counts as the next fence of `loop`.
    expect((await store.acquireLease('newer', 'me', 60_000))?.fence).toBe(8)
    expect(() => grant.run('loop', 8)).toThrow(/a newer Modelspine has migrated/)
    expect(() => grant.run('first', 8)).toThrow(/a newer Modelspine has migrated/)
    expect((await store.acquireLease('loop', 'old', 60_000))?.fence).toBe(9)
    before.close()
    await store.close()
  })
})
