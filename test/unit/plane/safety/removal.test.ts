import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import { here, madeOf } from '../../../status.ts'
import { ann, collect, digits, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'

describe('a deletion', () => {
  it('asks the target to remove what its list does not show yet', async () => {
    const base = planeFixture()
    const inner = memoryTarget({ clock: base.clock, world: base.world, readyAfterMs: 100 })
    let lagUntilMs = 0
    const target: DeploymentTarget = {
      ...inner,
      async apply(...call) {
        const result = await inner.apply(...call)
        lagUntilMs = base.clock.now() + 2000
        return result
      },
      observe: async (...call) =>
        base.clock.now() < lagUntilMs ? { revisions: [], operations: [] } : inner.observe(...call),
    }
    const { plane, registry, until } = planeFixture({ beside: base, plane: { targets: { local: target } } })
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(() => base.world.created === 1)
    await plane.delete('digits', { actor: ann })
    await until(async () => (await plane.get('digits')) === null)
    await base.clock.advance(60_000)
    expect(await inner.list()).toEqual([])
  })

  it('says which revision may remain when the outcome of its creation is unknown', async () => {
    const fixture = planeFixture({ target: { capabilities: { names: 'random' } } })
    const { plane, registry, until, target, world, phase } = fixture
    await registerVersions(registry, '1')
    target.failNext('apply', 'after')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'stopped')
    const { rollout } = (await plane.get('digits'))?.status ?? {}
    expect(world.created).toBe(1)
    await plane.delete('digits', { actor: ann })
    await until(async () => (await plane.get('digits')) === null)
    await fixture.clock.advance(1000)
    const records = await collect(fixture.audit.read())
    const removed = records.find(({ action }) => action === 'deployment-removed')
    expect(removed?.details).toEqual({
      mayRemain: [rollout !== undefined && 'revision' in rollout ? rollout.revision : ''],
    })
    expect(records.map(({ action }) => action)).toContain('destroy-requested')
  })
})

describe('a route that is declared between the look for routes and the deletion mark', () => {
  it('keeps its deployment from being removed until the route is gone', async () => {
    const base = planeFixture()
    const { store } = base
    let meanwhile: (() => Promise<unknown>) | undefined
    const list = store.list.bind(store)
    store.list = async function* (kind) {
      yield* list(kind)
      const declare = kind === 'ModelRoute' ? meanwhile : undefined
      if (declare === undefined) return
      meanwhile = undefined
      await declare()
    }
    const fixture = planeFixture({ beside: base, plane: { targets: { local: base.target } } })
    const { plane, clock, until } = fixture
    await serving(fixture)
    meanwhile = () => plane.apply(route(), { actor: ann })
    await plane.delete('digits', { actor: ann })
    await clock.advance(600_000)
    expect(await base.target.list()).toEqual(['default/digits'])
    const { status } = (await plane.get('digits')) ?? {}
    expect(status?.traffic).toHaveLength(1)
    expect(conditionOf(status?.conditions ?? [], 'Progressing')).toMatchObject({
      reason: 'DeletionHindered',
      message: 'route default/digits still refers to it',
    })
    await plane.delete('digits', { actor: ann, kind: 'ModelRoute' })
    await until(async () => (await plane.get('digits')) === null, 120_000)
    expect(await base.target.list()).toEqual([])
  })
})

describe('a removal that never ends', () => {
  it('is reported, and does not keep later versions from their rollouts while there is room', async () => {
    const fixture = planeFixture({ target: { goneAfterMs: 1e12 } })
    const { plane, registry, clock, until } = fixture
    await serving(fixture)
    await registerVersions(registry, '2', '3')
    for (const version of ['2', '3']) {
      await plane.apply(digits(version, { deadline: '1m' }), { actor: ann })
      await until(async () => {
        const { status } = (await plane.get('digits')) ?? {}
        const stable = here(status).revisions.find(({ revision }) => revision === status?.stable)
        return madeOf(status, stable?.revision)?.model.version === version
      })
    }
    await clock.advance(120_000)
    const { status } = (await plane.get('digits')) ?? {}
    expect(conditionOf(status?.conditions ?? [], 'RemovalOverdue')).toMatchObject({
      status: 'True',
      reason: 'StillThere',
    })
  })
})
