import { describe, expect, it } from 'vitest'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import { actionsOf, ann, digits, inTime, planeFixture, route, serving } from '../plane-fixture.ts'

const bob = { name: 'bob@example.com' }

describe('delete', () => {
  it('marks the deployment, empties the target, then removes the deployment', async () => {
    const fixture = planeFixture({ target: { goneAfterMs: 500 } })
    const { plane, world, target } = fixture
    await serving(fixture)
    await plane.delete('digits', { actor: bob })
    expect((await plane.get('digits'))?.deletion).toMatchObject({ actor: bob })
    await inTime(fixture, plane.wait('digits', { until: 'deleted' }))
    expect(await plane.get('digits')).toBeNull()
    expect(await target.list()).toEqual([])
    expect(world.journal.map(({ kind }) => kind)).toEqual(['created', 'removed'])
    await plane.stop()
    expect((await actionsOf(fixture)).slice(-3)).toEqual([
      'deployment-deleted',
      'destroy-requested',
      'deployment-removed',
    ])
  })

  it('refuses a deployment that a route refers to, as backend or as fallback, and names the route', async () => {
    const { plane, events } = planeFixture({ plane: { providers: { openai: memoryProvider({}) } } })
    await plane.apply(digits('1'), { actor: ann })
    await plane.apply(
      route('a', {
        backends: [{ provider: 'openai', model: 'm' }],
        fallback: [{ deployment: 'default/digits' }],
      }),
      { actor: ann },
    )
    await expect(plane.delete('digits', { actor: ann })).rejects.toMatchObject({
      code: 'in-use',
      details: { key: 'default/digits', route: 'default/a' },
    })
    expect((await plane.get('digits'))?.deletion).toBeUndefined()
    await plane.delete('a', { actor: ann, kind: 'ModelRoute' })
    expect(await plane.getRoute('a')).toBeNull()
    await plane.delete('digits', { actor: ann })
    expect(events.map(({ action }) => action).slice(-2)).toEqual(['route-deleted', 'deployment-deleted'])
  })

  it('ignores a route to a deployment of the same name in another namespace', async () => {
    const { plane } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    await plane.apply({ ...route(), metadata: { name: 'digits', namespace: 'other' } }, { actor: ann })
    await plane.delete('digits', { actor: ann })
    expect((await plane.get('digits'))?.deletion).toBeDefined()
  })

  it('throws not-found for a resource that does not exist', async () => {
    const { plane } = planeFixture()
    await expect(plane.delete('digits', { actor: ann })).rejects.toMatchObject({ code: 'not-found' })
    await expect(plane.delete('digits', { actor: ann, kind: 'ModelRoute' })).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no ModelRoute default/digits',
    })
  })

  it('emits one event although it is called several times and concurrently', async () => {
    const { plane, events, store } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    await Promise.all([plane.delete('digits', { actor: ann }), plane.delete('digits', { actor: bob })])
    await plane.delete('digits', { actor: bob })
    expect(events.filter(({ action }) => action === 'deployment-deleted')).toHaveLength(1)
    const entries = (await store.readEvents(10)).map(({ entry }) => entry.action)
    expect(entries).toEqual(['deployment-applied', 'deployment-deleted'])
  })
})
