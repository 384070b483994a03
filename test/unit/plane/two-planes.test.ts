import { describe, expect, it } from 'vitest'
import type { StateStore } from '../../../src/store/contract.ts'
import {
  actionsOf,
  ann,
  collect,
  converged,
  digits,
  inTime,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from './plane-fixture.ts'

/** Two processes over one store. The stop of one does not close the parts that the other still uses. */
function pair(frozen?: { now: boolean }): { one: PlaneFixture; two: PlaneFixture } {
  const one = planeFixture()
  const shared: StateStore = { ...one.store, close: async () => {} }
  const audit = { ...one.audit, close: async () => {} }
  const stuck: StateStore = {
    ...shared,
    // A frozen process neither renews its lease nor asks for it again.
    renewLease: async (...call) => (frozen?.now ? new Promise(() => {}) : shared.renewLease(...call)),
    acquireLease: async (...call) => (frozen?.now ? new Promise(() => {}) : shared.acquireLease(...call)),
  }
  return {
    one: planeFixture({
      beside: one,
      plane: { store: frozen === undefined ? shared : stuck, audit, name: 'one' },
    }),
    two: planeFixture({ beside: one, plane: { store: shared, audit, name: 'two' } }),
  }
}

describe('two planes over one store', () => {
  it('have one leader, and the other plane takes over when the leader stops', async () => {
    const { one, two } = pair()
    const { clock, registry, until } = one
    await registerVersions(registry, '1', '2')
    await one.plane.start()
    await clock.advance(100)
    await two.plane.start()
    await clock.advance(30_000)
    expect([one, two].map(({ plane }) => plane.health().leading)).toEqual([true, false])
    await one.plane.apply(digits('1'), { actor: ann })
    await until(async () => (await two.phase()) === 'converged')
    expect(two.events).toEqual([])
    await one.plane.stop()
    await two.plane.apply(digits('2'), { actor: ann })
    await until(async () => two.plane.health().leading, 5000)
    await converged(two, 2)
    await two.plane.stop()
    expect(await two.audit.verify()).toMatchObject({ ok: true })
    expect(one.world.journal.map(({ kind }) => kind)).toEqual(['created', 'created', 'removed'])
  })

  it('look at, audit and route each other’s changes at once, not at the next resync', async () => {
    const { one, two } = pair()
    const { clock, registry } = one
    await registerVersions(registry, '1')
    await one.plane.start()
    await clock.advance(100)
    await two.plane.start()
    await two.plane.apply(route(), { actor: ann })
    await clock.advance(10)
    expect(await actionsOf(one)).toEqual(['route-applied'])
    await two.plane.apply(digits('1'), { actor: ann })
    await clock.advance(5000)
    expect(await one.phase()).toBe('converged')
    for (const { plane } of [one, two]) {
      expect(await plane.router.infer('digits', { kind: 'tensors', inputs: [] })).toMatchObject({
        deployment: 'default/digits',
      })
    }
    await two.plane.delete('digits', { actor: ann, kind: 'ModelRoute' })
    await clock.advance(10)
    expect((await actionsOf(one)).at(-1)).toBe('route-deleted')
    await one.plane.stop()
    await two.plane.stop()
  })

  it('pass the lease on from a frozen leader, which then writes nothing and sends nothing', async () => {
    const frozen = { now: false }
    const { one, two } = pair(frozen)
    const { clock, registry, until, target } = one
    await registerVersions(registry, '1', '2')
    await one.plane.start()
    await clock.advance(100)
    await two.plane.start()
    let stoodDown = 0
    target.standDown = async () => {
      stoodDown += 1
    }
    // The leader freezes in the middle of a look, before its ledger write.
    let wake = (): void => {}
    let told: AbortSignal | undefined
    const observe = target.observe.bind(target)
    target.observe = async (...call) => {
      const seen = await observe(...call)
      told = call[1]?.abortSignal
      if (frozen.now) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return seen
    }
    frozen.now = true
    await two.plane.apply(digits('1'), { actor: ann })
    await clock.advance(10)
    expect(one.world.journal).toEqual([])
    await until(() => two.plane.health().leading, 60_000)
    expect(one.plane.health().leading).toBe(false)
    // The old leader was told to end before the other could begin.
    expect(told?.aborted).toBe(true)
    await until(async () => (await two.phase()) === 'converged')
    const version = (await one.store.get('ModelDeployment', 'default/digits'))?.version
    wake()
    await clock.advance(1000)
    // The old leader lets go of the target, whether its last work there has ended or hangs.
    expect(stoodDown).toBeGreaterThan(0)
    expect((await one.store.get('ModelDeployment', 'default/digits'))?.version).toBe(version)
    expect(one.world.journal.map(({ kind }) => kind)).toEqual(['created'])
    expect(one.events).toEqual([])
    frozen.now = false
    await two.plane.stop()
    await inTime(one, one.plane.stop())
    const records = await collect(two.audit.read())
    expect(records.filter(({ action }) => action === 'revision-requested')).toHaveLength(1)
    expect(await two.audit.verify()).toMatchObject({ ok: true })
  })

  it('do not send an effect when too little time is left of the lease', async () => {
    const { one, two } = pair()
    const { clock, registry, world } = one
    let slow = false
    const store: StateStore = {
      ...one.store,
      close: async () => {},
      // The write of the ledger takes nearly as long as the lease lasts.
      async putStatus(...call) {
        const written = await one.store.putStatus(...call)
        if (slow) await clock.advance(13_480)
        return written
      },
      renewLease: async () => Promise.reject(new Error('down')),
    }
    const late = planeFixture({ beside: one, plane: { store, name: 'late', timeouts: { storeMs: 20_000 } } })
    await registerVersions(registry, '1')
    await late.plane.apply(digits('1'), { actor: ann })
    slow = true
    await expect(late.plane.reconcileOnce('digits')).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(world.journal).toEqual([])
    expect((await late.plane.explain('digits')).conditions.map(({ type }) => type)).not.toContain('Degraded')
    slow = false
    await clock.advance(15_000)
    expect(await two.plane.reconcileOnce('digits')).toMatchObject({ phase: 'starting' })
    expect(world.journal).toHaveLength(1)
  })

  it('let only the holder of the lease carry audit events', async () => {
    const { one, two } = pair()
    await serving(one)
    let appends = 0
    const audit = {
      ...two.audit,
      append: async (entries: Parameters<typeof two.audit.append>[0]) => {
        appends += 1
        return two.audit.append(entries)
      },
    }
    const follower = planeFixture({
      beside: two,
      plane: { store: { ...one.store, close: async () => {} }, audit, name: 'follower' },
    })
    await follower.plane.start()
    await follower.plane.pause('digits', { actor: ann })
    await one.clock.advance(1000)
    expect((await actionsOf(one)).at(-1)).toBe('rollout-paused')
    expect(appends).toBe(0)
    await one.plane.stop()
    await follower.plane.stop()
  })
})
