import { DatabaseSync } from 'node:sqlite'
import { type SqliteStore, sqliteStore } from 'modelspine/adapters/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryAuditLog } from '../../../src/index.ts'
import { settled } from '../../adapters/sqlite/settled.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import {
  ann,
  collect,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
} from './plane-fixture.ts'

let path: string
let fixture: PlaneFixture
let store: SqliteStore

const named = (name: string, version = '1') => ({ ...digits(version), metadata: { name } })

function spoil(column: string, key: string): void {
  const db = new DatabaseSync(path, { timeout: 5000 })
  db.prepare(`UPDATE objects SET ${column} = '{"phase' WHERE key = ?`).run(key)
  db.close()
}

/** The next process over the same file and target. A log in memory ends with its process. */
function restarted(): PlaneFixture {
  const own = sqliteStore({ path, clock: fixture.clock, pollMs: 50 })
  store = own
  const made = planeFixture({ beside: fixture, plane: { store, audit: memoryAuditLog() } })
  // The disk of a busy machine must not let the plane's clock run ahead of its writes.
  const until: PlaneFixture['until'] = (condition, forMs) =>
    made.until(async () => {
      await settled(own)
      return condition()
    }, forMs)
  return { ...made, until }
}

beforeEach(async () => {
  path = `${temporaryFolder()}/state.db`
  fixture = planeFixture()
  fixture = restarted()
  const { plane, registry, until, phase } = fixture
  await registerVersions(registry, '1', '2')
  await plane.start()
  for (const name of ['d1', 'd2', 'd3']) await plane.apply(named(name), { actor: ann })
  await plane.apply(route('r', { backends: [{ deployment: 'd2' }] }), { actor: ann })
  for (const name of ['d1', 'd2', 'd3']) await until(async () => (await phase(name)) === 'converged')
  await plane.stop()
})

afterEach(() => fixture.plane.stop())

describe('a stored deployment that cannot be read', () => {
  it('hinders neither the start nor another deployment, and is named', async () => {
    spoil('status', 'default/d2')
    fixture = restarted()
    const { plane, until, phase } = fixture
    await plane.start()
    expect((await collect(plane.list())).map(({ key }) => key)).toEqual(['default/d1', 'default/d3'])
    await plane.apply(named('d3', '2'), { actor: ann })
    await until(async () => (await plane.get('d3'))?.status?.observedGeneration === 2)
    await until(async () => (await phase('d3')) === 'converged')
    await expect(plane.get('d2')).rejects.toMatchObject({
      code: 'store-corrupt',
      details: { kind: 'ModelDeployment', key: 'default/d2' },
    })
    expect(store.faults?.()).toEqual([
      {
        kind: 'ModelDeployment',
        key: 'default/d2',
        message: expect.stringMatching(/default\/d2 cannot be read/),
      },
    ])
  })

  it('can be applied anew, and converges again', async () => {
    spoil('status', 'default/d2')
    fixture = restarted()
    const { plane, until, phase } = fixture
    await plane.start()
    expect(await plane.apply(named('d2', '2'), { actor: ann })).toMatchObject({
      change: 'created',
      generation: 1,
    })
    await until(async () => (await phase('d2')) === 'converged')
    expect(store.faults?.()).toEqual([])
  })

  it.each(['status', 'resource'])('can be deleted when its %s is damaged', async (column) => {
    fixture = restarted()
    const { plane, until } = fixture
    await plane.start()
    await plane.delete('r', { kind: 'ModelRoute', actor: ann })
    spoil(column, 'default/d2')
    await plane.delete('d2', { actor: ann })
    await until(async () => (await plane.get('d2')) === null)
    const told = async () =>
      (await collect(plane.audit.read())).filter(
        ({ action, key }) => action === 'deployment-deleted' && key === 'default/d2',
      ).length
    await until(async () => (await told()) === 1)
    if (column === 'status') expect(await fixture.target.list()).not.toContain('default/d2')
  })

  it('keeps its place in the route table of a plane that has read it before', async () => {
    fixture = restarted()
    const { plane, clock } = fixture
    await plane.start()
    const answers = () => plane.router.infer('r', { kind: 'tensors', inputs: [] })
    await answers()
    spoil('status', 'default/d2')
    spoil('resource', 'default/r')
    const db = new DatabaseSync(path)
    db.exec("UPDATE counters SET value = value - 1 WHERE name = 'version'")
    db.close()
    await clock.advance(5000)
    await answers()
  })
})
