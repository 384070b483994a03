import { describe, expect, it } from 'vitest'
import { ModelspineError, memoryStore } from '../../../../src/index.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { actionsOf, ann, digits, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

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
