import { describe, expect, it } from 'vitest'
import { sleep } from '../../../../src/clock.ts'
import { ModelspineError, memoryStore, memoryTarget } from '../../../../src/index.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { ledgerOf } from '../../../status.ts'
import { actionsOf, ann, digits, inTime, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

describe('reconcileOnce', () => {
  it('does only the work that is due, and returns the phase', async () => {
    const fixture = planeFixture({ target: { readyAfterMs: 1000 } })
    const { plane, registry, clock, world } = fixture
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'starting' })
    await clock.advance(60_000)
    expect((await plane.explain('digits')).phase).toBe('starting')
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'converged' })
    expect(world.journal).toHaveLength(1)
  })

  it('carries the audit events and gives the lease back', async () => {
    const fixture = planeFixture()
    const { plane, registry, store, events } = fixture
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    await plane.reconcileOnce('digits')
    expect(await store.readEvents(1)).toEqual([])
    expect(await actionsOf(fixture)).toEqual(events.map(({ action }) => action))
    const lease = await store.acquireLease('modelspine', 'somebody', 1000)
    expect(lease).toMatchObject({ holder: 'somebody' })
    expect(plane.health().leading).toBe(false)
  })

  it('throws lease-held while another process leads', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    const other = planeFixture({ beside: fixture })
    await expect(other.plane.reconcileOnce('digits')).rejects.toMatchObject({
      code: 'lease-held',
      retryable: true,
    })
    await fixture.plane.stop()
  })

  it('uses the loop when this process leads, so that two looks never run at once', async () => {
    const fixture = planeFixture()
    const { plane, registry, target, clock } = fixture
    let running = 0
    let most = 0
    const observe = target.observe.bind(target)
    target.observe = async (...call) => {
      running += 1
      most = Math.max(most, running)
      await Promise.resolve()
      const observed = await observe(...call)
      running -= 1
      return observed
    }
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    const once = Promise.all([
      plane.reconcileOnce('digits'),
      plane.reconcileOnce('digits'),
      plane.reconcileOnce('digits'),
    ])
    await clock.advance(1000)
    await once
    expect(most).toBe(1)
    await plane.stop()
  })

  it('runs one call after the other when this process does not lead', async () => {
    const fixture = planeFixture()
    const { plane, registry, audit } = fixture
    await registerVersions(registry, '1')
    for (const name of ['a', 'b', 'c'])
      await plane.apply({ ...digits('1'), metadata: { name } }, { actor: ann })
    const all = await Promise.all(['a', 'b', 'c', 'a'].map((name) => plane.reconcileOnce(name)))
    expect(all.map(({ phase }) => phase)).toEqual(['starting', 'starting', 'starting', 'starting'])
    expect(await audit.verify()).toMatchObject({ ok: true })
  })

  it('lets a started plane that waits for the lease get it afterwards', async () => {
    const fixture = planeFixture()
    const { plane, registry, clock, phase, until } = fixture
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    const starting = plane.start()
    const once = plane.reconcileOnce('digits')
    await Promise.all([starting, once, clock.advance(100)])
    await until(async () => (await phase()) === 'converged')
    expect(plane.health().leading).toBe(true)
    await plane.stop()
  })

  it('throws the error that hinders it, and still gives the lease back', async () => {
    const { plane, registry, target, store } = planeFixture()
    await expect(plane.reconcileOnce('digits')).rejects.toMatchObject({ code: 'not-found' })
    await plane.apply(digits('1'), { actor: ann })
    await expect(plane.reconcileOnce('digits')).rejects.toMatchObject({ code: 'model-not-found' })
    await registerVersions(registry, '1')
    target.failNext('observe')
    await expect(plane.reconcileOnce('digits')).rejects.toMatchObject({ code: 'target-unavailable' })
    expect(await store.acquireLease('modelspine', 'somebody', 1000)).not.toBeNull()
  })

  it('says that a deleted deployment is gone', async () => {
    const fixture = planeFixture()
    const { plane, registry, clock } = fixture
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    await plane.reconcileOnce('digits')
    await clock.advance(1000)
    await plane.reconcileOnce('digits')
    await plane.delete('digits', { actor: ann })
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'deleting' })
    // The target is asked until it answers that nothing is left.
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'deleting' })
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'gone', key: 'default/digits' })
    expect(await plane.get('digits')).toBeNull()
  })

  it('keeps its lease as long as its looks take', async () => {
    const fixture = planeFixture({ target: { readyAfterMs: 0 } })
    const { plane, registry, target, clock } = fixture
    await registerVersions(registry, '1')
    const observe = target.observe.bind(target)
    let looks = 0
    target.observe = async (...call) => {
      looks += 1
      await clock.advance(6000)
      return observe(...call)
    }
    await plane.apply(digits('1'), { actor: ann })
    await plane.reconcileOnce('digits')
    expect((await plane.reconcileOnce('digits')).phase).toBe('converged')
    expect(looks).toBeGreaterThan(4)
  })

  it('lets go of the targets when it is done, so that the next call may come from another process', async () => {
    const fixture = planeFixture()
    const folder: { holder?: string } = {}
    const planeOf = (process: string) => {
      const target = memoryTarget({ clock: fixture.clock, world: fixture.world })
      return planeFixture({
        beside: fixture,
        plane: {
          store: { ...fixture.store, close: async () => {} },
          targets: {
            local: {
              ...target,
              async observe(...call) {
                folder.holder ??= process
                if (folder.holder !== process) {
                  throw new ModelspineError('target-unavailable', `${folder.holder} has the folder`)
                }
                return target.observe(...call)
              },
              async standDown() {
                // The folder is free before the lease is.
                expect(await fixture.store.acquireLease('modelspine', 'other', 1)).toBeNull()
                delete folder.holder
              },
            },
          },
        },
      })
    }
    const [one, two] = [planeOf('one'), planeOf('two')]
    await registerVersions(fixture.registry, '1')
    await one.plane.apply(digits('1'), { actor: ann })
    for (const { plane } of [one, two, one, two]) {
      expect((await plane.reconcileOnce('digits')).fault).toBeUndefined()
      expect(folder.holder).toBeUndefined()
    }
  })

  it('keeps the targets when this process leads', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    let stoodDown = 0
    fixture.target.standDown = async () => {
      stoodDown += 1
    }
    await fixture.plane.reconcileOnce('digits')
    expect(stoodDown).toBe(0)
    await fixture.plane.stop()
    expect(stoodDown).toBe(1)
  })

  it.each(['start', 'reconcileOnce'] as const)(
    'sends nothing under the lease of another process after the machine has slept: %s',
    async (mode) => {
      const base = createFakeClock()
      let asleepMs = 0
      // The monotonic clock stands still while the machine sleeps.
      const clock = Object.defineProperties({} as typeof base, {
        ...Object.getOwnPropertyDescriptors(base),
        now: { value: () => base.now() + asleepMs },
      })
      const store = memoryStore({ clock })
      let slept = false
      const putStatus: typeof store.putStatus = async (kind, key, status, options) => {
        const written = await store.putStatus(kind, key, status, options)
        if (!slept && ledgerOf(status as DeploymentStatus) !== undefined) {
          slept = true
          asleepMs = 60_000
          expect(await store.acquireLease('modelspine', 'other', 15_000)).not.toBeNull()
        }
        return written
      }
      const fixture = planeFixture({
        beside: { ...planeFixture(), clock, store: { ...store, putStatus } },
        target: { capabilities: { fencing: 'none' } },
      })
      await registerVersions(fixture.registry, '1')
      await fixture.plane.apply(digits('1'), { actor: ann })
      if (mode === 'start') {
        await fixture.plane.start()
        await clock.advance(3000)
      } else await expect(fixture.plane.reconcileOnce('digits')).rejects.toMatchObject({ code: 'aborted' })
      expect(slept).toBe(true)
      expect(fixture.world.journal).toEqual([])
    },
  )

  it.each(['apply', 'destroy'] as const)(
    'keeps its lease while a slow %s takes less than its limit',
    async (verb) => {
      const fixture = planeFixture()
      const { plane, registry, target, clock, world } = fixture
      const quick: (...call: never[]) => unknown = target[verb]
      Object.assign(target, {
        async [verb](...call: never[]) {
          await sleep(clock, 25_000)
          return quick(...call)
        },
      })
      await registerVersions(registry, '1')
      await plane.apply(digits('1'), { actor: ann })
      expect(await inTime(fixture, plane.reconcileOnce('digits'))).toMatchObject({ phase: 'starting' })
      expect(world.journal).toHaveLength(1)
      await plane.delete('digits', { actor: ann })
      expect(await inTime(fixture, plane.reconcileOnce('digits'))).toMatchObject({ phase: 'deleting' })
      expect(plane.health().faults).toEqual([])
    },
  )

  it('names an apply that hangs, and gives the lease back', async () => {
    const fixture = planeFixture()
    const { plane, registry, target, store } = fixture
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    target.apply = () => new Promise(() => {})
    await inTime(
      fixture,
      plane.reconcileOnce('digits').catch(() => {}),
    )
    expect(plane.health().faults).toMatchObject([
      { part: 'target', name: 'local', message: 'target "local" gave no answer to apply within 30 s' },
    ])
    expect(await store.acquireLease('modelspine', 'other', 1)).not.toBeNull()
  })

  it.each<[string, () => Promise<null>]>([
    ['is taken', async () => null],
    ['cannot be renewed', async () => Promise.reject(new ModelspineError('store-unavailable', 'locked'))],
  ])('ends with its lease when that %s while a target hangs', async (_why, renewLease) => {
    const fixture = planeFixture({ plane: { timeouts: { observeMs: 60_000 } } })
    const { plane, registry, target, clock, store } = fixture
    ;(store as { renewLease: unknown }).renewLease = renewLease
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    const observe = target.observe.bind(target)
    target.observe = () => new Promise(() => {})
    const once = plane.reconcileOnce('digits')
    await Promise.all([expect(once).rejects.toMatchObject({ code: 'aborted' }), clock.advance(15_000)])
    expect(await store.acquireLease('modelspine', 'other', 1)).not.toBeNull()
    target.observe = observe
    await clock.advance(10)
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'starting' })
  })

  it('does its work although the lease cannot be given back', async () => {
    const clock = createFakeClock()
    const store = memoryStore({ clock })
    const { plane, registry } = planeFixture({
      plane: {
        store: {
          ...store,
          releaseLease: async () => {
            throw new ModelspineError('store-unavailable', 'locked')
          },
        },
      },
    })
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    expect(await plane.reconcileOnce('digits')).toMatchObject({ phase: 'starting' })
  })
})
