import { describe, expect, it } from 'vitest'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import type { Orphan } from '../../../../src/plane/health.ts'
import { createOrphanSweep, type OrphanSweep } from '../../../../src/plane/wiring/orphans.ts'
import type { StateStore } from '../../../../src/store/contract.ts'
import { typedStore } from '../../../../src/store/typed-store.ts'
import { silentLogger } from '../../../../src/telemetry/logger.ts'
import { ann, collect, digits, type PlaneFixture, planeFixture, serving } from '../plane-fixture.ts'

interface Scene extends PlaneFixture {
  readonly sweep: OrphanSweep
  readonly found: Orphan[]
  /** What the sweep calls of the store. */
  readonly calls: { putEvents: StateStore['putEvents'] }
  /** The deployment is declared again. */
  adopt(): void
  /** Another process has the lease now. */
  lose(): Promise<void>
}

/** Two deployments serve, and then the store forgets one of them. */
async function forgotten(mode: 'report' | 'remove'): Promise<Scene> {
  const fixture = planeFixture()
  await serving(fixture)
  await fixture.plane.apply({ ...digits('1'), metadata: { name: 'other' } }, { actor: ann })
  await fixture.until(async () => (await fixture.phase('other')) === 'converged')
  const found: Orphan[] = []
  let lost = true
  const { store, clock, target } = fixture
  const lease = await store.acquireLease('sweep', 'sweep', 1e9)
  const calls = { putEvents: store.putEvents }
  const sweep = createOrphanSweep({
    store: typedStore({
      ...store,
      get: async (kind, key) => (key === 'default/digits' && lost ? null : store.get(kind, key)),
      putEvents: (...call) => calls.putEvents(...call),
    }),
    targets: { local: target, empty: memoryTarget({ clock }) },
    clock,
    logger: silentLogger,
    mode,
    held: () => (lease === null ? undefined : { ...lease, remainingMs: () => 1e9 }),
    recorded: () => {},
    found: (orphan) => found.push(orphan),
  })
  const adopt = (): void => {
    lost = false
  }
  const lose = async (): Promise<void> => {
    if (lease !== null) await store.releaseLease(lease)
    await store.acquireLease('sweep', 'another process', 1e9)
  }
  return { ...fixture, sweep, found, calls, adopt, lose }
}

const run = new AbortController().signal

describe('a sweep for orphans', () => {
  it('finds what no deployment has at a target, and tells it once', async () => {
    const { sweep, found, target } = await forgotten('report')
    await sweep.sweep(run)
    await sweep.sweep(run)
    const orphan = { target: 'local', key: 'default/digits' }
    expect([found, sweep.orphans]).toEqual([[orphan], [orphan]])
    expect(await target.list()).toHaveLength(2)
  })

  it('removes an orphan of two sweeps, and records it before and after', async () => {
    const { sweep, target, audit, clock } = await forgotten('remove')
    await sweep.sweep(run)
    expect(await target.list()).toHaveLength(2)
    for (let times = 0; times < 3; times += 1) {
      await sweep.sweep(run)
      await clock.advance(1000)
    }
    expect(await target.list()).toEqual(['default/other'])
    expect(sweep.orphans).toEqual([])
    const actions = (await collect(audit.read())).map(({ action }) => action)
    expect(actions.filter((action) => action.startsWith('orphan'))).toEqual([
      'orphan-removal-requested',
      'orphan-removal-requested',
      'orphan-removed',
    ])
  })

  it('removes nothing that the store does not note, and keeps the orphans of a target that is away', async () => {
    const { sweep, target, calls } = await forgotten('remove')
    await sweep.sweep(run)
    calls.putEvents = async () => {
      throw new Error('the store is full')
    }
    await sweep.sweep(run)
    expect(await target.list()).toHaveLength(2)
    target.list = async () => {
      throw new Error('the target is away')
    }
    await sweep.sweep(run)
    expect(sweep.orphans).toHaveLength(1)
  })

  it('removes and records nothing once another process has the lease', async () => {
    const { sweep, target, store, lose } = await forgotten('remove')
    await sweep.sweep(run)
    await lose()
    await sweep.sweep(run)
    expect(await target.list()).toHaveLength(2)
    const waiting = (await store.readEvents(1000)).map(({ entry }) => entry.action)
    expect(waiting.filter((action) => action.startsWith('orphan'))).toEqual([])
    expect(sweep.orphans).toHaveLength(1)
  })

  it('looks at each orphan although another cannot be read or removed, and lists none twice', async () => {
    const { sweep, target, clock } = await forgotten('remove')
    const destroy = target.destroy.bind(target)
    let refuses = true
    target.destroy = async (...call) => {
      if (refuses) throw new Error('the vendor does not remove it')
      return destroy(...call)
    }
    for (let times = 0; times < 5; times += 1) await sweep.sweep(run)
    expect(sweep.orphans).toEqual([{ target: 'local', key: 'default/digits' }])
    refuses = false
    for (let times = 0; times < 3; times += 1) {
      await sweep.sweep(run)
      await clock.advance(1000)
    }
    expect(sweep.orphans).toEqual([])
  })

  it('records a removal whose answer was lost', async () => {
    const { sweep, target, audit, clock } = await forgotten('remove')
    await sweep.sweep(run)
    const destroy = target.destroy.bind(target)
    target.destroy = async (...call) => {
      target.destroy = destroy
      await destroy(...call)
      throw new Error('the connection broke')
    }
    for (let times = 0; times < 2; times += 1) {
      await sweep.sweep(run)
      await clock.advance(1000)
    }
    expect(await target.list()).toEqual(['default/other'])
    expect(sweep.orphans).toEqual([])
    const actions = (await collect(audit.read())).map(({ action }) => action)
    expect(actions).toContain('orphan-removed')
  })

  it('records a removal once the store notes events again', async () => {
    const { sweep, target, audit, calls, clock } = await forgotten('remove')
    await sweep.sweep(run)
    // The orphan is gone before this process removes it, so that the first try removes and records at once.
    const { destroy } = target
    target.destroy = async (key, options) => {
      await destroy.call(target, key, { ...options, operationId: 'another' })
      await clock.advance(1000)
      return destroy.call(target, key, options)
    }
    const { putEvents } = calls
    calls.putEvents = async (kind, key, entries, options) => {
      if (entries[0]?.action === 'orphan-removed') throw new Error('the store is full')
      return putEvents(kind, key, entries, options)
    }
    await sweep.sweep(run)
    expect(await target.list()).toEqual(['default/other'])
    expect(sweep.orphans).toHaveLength(1)
    calls.putEvents = putEvents
    await sweep.sweep(run)
    await clock.advance(1000)
    expect(sweep.orphans).toEqual([])
    const actions = (await collect(audit.read())).map(({ action }) => action)
    expect(actions).toContain('orphan-removed')
  })

  it('removes nothing that was declared while its removal was written down', async () => {
    const { sweep, target, calls, adopt } = await forgotten('remove')
    await sweep.sweep(run)
    const { putEvents } = calls
    calls.putEvents = async (...call) => {
      adopt()
      return putEvents(...call)
    }
    await sweep.sweep(run)
    expect(await target.list()).toHaveLength(2)
    expect(sweep.orphans).toEqual([])
  })

  it('knows of no orphan after another process took over', async () => {
    const { sweep } = await forgotten('report')
    await sweep.sweep(run)
    sweep.forget()
    expect(sweep.orphans).toEqual([])
  })
})
