import { describe, expect, it } from 'vitest'
import type { DeploymentStatus } from '../../../src/resources/deployment/deployment-status.ts'
import { statusVersion } from '../../../src/resources/deployment/upcast/present-status.ts'
import { typedStore } from '../../../src/store/typed-store.ts'
import { here, splitIn } from '../../status.ts'
import { collect } from '../collect.ts'
import { ann, digits, type PlaneFixture, planeFixture, serving } from '../plane/plane-fixture.ts'

const key = 'default/digits'

/** Writes a status as another version of Modelspine would. */
async function rewrite({ store }: PlaneFixture, change: (status: object) => object): Promise<void> {
  const stored = await store.get('ModelDeployment', key)
  if (stored === null) throw new Error('nothing is stored')
  const status = change(stored.status as object)
  await store.putStatus('ModelDeployment', key, status, { expect: stored.version, events: [] })
}

const newer = (status: object): object => ({ ...status, statusVersion: statusVersion + 1, rollout: 'new' })

/** A status of a deployment at one target, as the first versions of Modelspine wrote it. */
function asVersion0(status: DeploymentStatus): object {
  const { statusVersion: _, placements, traffic, revisions, desired = '', ...rest } = status
  const { target, handles, requested, ...at } = here(status)
  return {
    ...rest,
    target,
    desired: revisions[desired],
    split: splitIn(status),
    revisions: at.revisions.map((each) => ({ ...each, revision: revisions[each.revision] })),
    handles,
    requested,
  }
}

describe('a status of a newer version', () => {
  it('is never overwritten: calls and the loop fail with an error that names both versions', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    await rewrite(fixture, newer)
    const { plane, clock, store } = fixture
    const before = await store.get('ModelDeployment', key)
    await clock.advance(300_000)
    const text = new RegExp(`version ${statusVersion + 1}, .* version ${statusVersion}`)
    const refused = { code: 'status-newer', message: expect.stringMatching(text) }
    await expect(plane.get('digits')).rejects.toMatchObject(refused)
    await expect(plane.explain('digits')).rejects.toMatchObject(refused)
    await expect(plane.pause('digits', { actor: ann })).rejects.toMatchObject(refused)
    await expect(plane.delete('digits', { actor: ann })).rejects.toMatchObject(refused)
    await expect(
      plane.deploy('digits', { model: 'models/digits:2', target: 'local' }, { actor: ann }),
    ).rejects.toMatchObject(refused)
    expect(await store.get('ModelDeployment', key)).toEqual(before)
    expect(plane.health().faults).toMatchObject([{ part: 'store', reason: 'StatusNewer' }])
    await plane.stop({ drainMs: 0 })
  })

  it('keeps no process from starting over it, and hinders no other deployment', async () => {
    const base = planeFixture()
    const first = planeFixture({
      beside: { ...base, store: { ...base.store, close: async () => {} } },
    })
    await serving(first)
    await rewrite(first, newer)
    const second = planeFixture({ beside: first })
    await Promise.all([first.plane.stop({ drainMs: 0 }), first.clock.advance(20_000)])
    await second.plane.start()
    await second.plane.apply({ ...digits('1'), metadata: { name: 'other' } }, { actor: ann })
    await second.until(async () => (await second.phase('other')) === 'converged')
    expect((await collect(second.plane.list())).map((each) => each.key)).toEqual(['default/other'])
    const reasons = () => second.plane.health().faults.map(({ reason }) => reason)
    expect(reasons()).toContain('StatusNewer')
    await rewrite(first, (status) => ({ ...status, statusVersion }))
    await second.plane.get('digits')
    expect(reasons()).not.toContain('StatusNewer')
  })
})

describe('a typed store', () => {
  it('gives statuses of older versions as the present one, and writes nothing for it', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    const present = (await fixture.plane.get('digits'))?.status
    await rewrite(fixture, (status) => asVersion0(status as DeploymentStatus))
    const before = await fixture.store.get('ModelDeployment', key)
    const typed = typedStore(fixture.store)
    const { status } = (await typed.get('ModelDeployment', key)) ?? {}
    expect(status).toEqual({ ...present, placements: status?.placements })
    expect(here(status).revisions).toEqual(here(present).revisions)
    await fixture.clock.advance(300_000)
    expect(await fixture.store.get('ModelDeployment', key)).toEqual(before)
    await fixture.plane.stop({ drainMs: 0 })
  })
})
