import { describe, expect, it } from 'vitest'
import { memoryAuditLog } from '../../../../src/security/memory-audit-log.ts'
import { memoryStore } from '../../../../src/store/memory-store.ts'
import { here, splitIn } from '../../../status.ts'
import { ann, digits, planeFixture, registerVersions, route, serving } from '../plane-fixture.ts'

const tensors = { kind: 'tensors', inputs: [] } as const

describe('a plane that lost its store', () => {
  it('adopts what serves, and removes it only after its successor has all traffic', async () => {
    const before = planeFixture()
    await serving(before)
    await registerVersions(before.registry, '2')
    await before.plane.stop()
    const after = planeFixture({
      beside: before,
      target: { readyAfterMs: 5000 },
      plane: { store: memoryStore({ clock: before.clock }), audit: memoryAuditLog() },
    })
    const { plane, world, until } = after
    await plane.start()
    await plane.apply(route(), { actor: ann })
    const strategy = { canary: { steps: [{ weight: 50 }, { pause: '10s' }] } } as const
    await plane.apply(digits('2', { strategy }), { actor: ann })
    await until(async () => (await after.phase()) === 'starting')
    // The old revision serves meanwhile, although nobody knows what it is made of.
    await plane.router.infer('digits', tensors)
    expect(after.events.find(({ action }) => action === 'revisions-adopted')?.details.found).toHaveLength(1)
    await until(async () => (await after.phase()) === 'pausing')
    expect(splitIn((await plane.get('digits'))?.status).map(({ weight }) => weight)).toEqual([50, 50])
    expect(world.journal.map(({ kind }) => kind)).toEqual(['created', 'created'])
    await until(async () => (await after.phase()) === 'converged')
    expect(world.journal.map(({ kind }) => kind)).toEqual(['created', 'created', 'removed'])
    expect(here((await plane.get('digits'))?.status).revisions).toHaveLength(1)
  })

  it('adopts the declared revision itself when that one is ready', async () => {
    const before = planeFixture()
    await serving(before)
    await before.plane.stop()
    const after = planeFixture({
      beside: before,
      plane: { store: memoryStore({ clock: before.clock }), audit: memoryAuditLog() },
    })
    await after.plane.start()
    await after.plane.apply(digits('1'), { actor: ann })
    await after.until(async () => (await after.phase()) === 'converged')
    expect(after.world.created).toBe(1)
  })
})
