import { describe, expect, it } from 'vitest'
import { memoryTarget } from '../../../../src/index.ts'
import type { PolicyRequest } from '../../../../src/policy/contract.ts'
import { ann, digits, type PlaneFixture, planeFixture, serving } from '../plane-fixture.ts'

const bob = { name: 'bob@example.com' }

/** `later` is a plane whose options have lost the target `local`; it is not started. `fixture` was stopped. */
async function withoutTarget(): Promise<{ readonly fixture: PlaneFixture; readonly later: PlaneFixture }> {
  const fixture = planeFixture()
  const stay = { close: async (): Promise<void> => {} }
  Object.assign(fixture.store, stay)
  Object.assign(fixture.audit, stay)
  await serving(fixture)
  await fixture.plane.stop()
  const targets = { other: memoryTarget({ clock: fixture.clock }) }
  const later = planeFixture({ beside: fixture, plane: { targets } })
  return { fixture, later }
}

describe('a deployment whose target the plane no longer has', () => {
  it('is deleted with force, and the audit record names what may remain there', async () => {
    const { later } = await withoutTarget()
    const { plane, events } = later
    const revision = (await plane.get('digits'))?.status?.stable
    await plane.delete('digits', { actor: bob, force: true })
    const { status, deletion } = (await plane.get('digits')) ?? {}
    expect(deletion?.actor).toEqual(bob)
    expect(status?.givenUp).toMatchObject([{ target: 'local', actor: bob }])
    expect(events.map(({ action, actor, details }) => ({ action, actor, details }))).toEqual([
      {
        action: 'target-given-up',
        actor: bob,
        details: { target: 'local', revisions: [revision], handles: [] },
      },
      { action: 'deployment-deleted', actor: bob, details: { force: true } },
    ])
  })

  it('is given up with force also after it was deleted without', async () => {
    const { later } = await withoutTarget()
    const { plane } = later
    await plane.delete('digits', { actor: ann })
    expect((await plane.get('digits'))?.status?.givenUp).toBeUndefined()
    await plane.delete('digits', { actor: bob, force: true })
    const { status, deletion } = (await plane.get('digits')) ?? {}
    expect([deletion?.actor, status?.givenUp?.map(({ target }) => target)]).toEqual([ann, ['local']])
  })

  it('lets a named actor give its target up, once', async () => {
    const { fixture, later } = await withoutTarget()
    const { plane, events } = later
    const again = planeFixture({ beside: fixture })
    await expect(again.plane.giveUp('digits', { actor: bob, target: 'local' })).rejects.toMatchObject({
      code: 'wrong-phase',
      message: expect.stringContaining('this plane has target "local"'),
    })
    await expect(plane.giveUp('digits', { actor: bob, target: 'toString' })).rejects.toMatchObject({
      code: 'wrong-phase',
    })
    await expect(plane.giveUp('digits', { actor: bob } as never)).rejects.toThrow(TypeError)
    await plane.giveUp('digits', { actor: bob, target: 'local' })
    await plane.giveUp('digits', { actor: ann, target: 'local' })
    expect((await plane.get('digits'))?.status?.givenUp).toMatchObject([{ target: 'local', actor: bob }])
    expect(events.map(({ action }) => action)).toEqual(['target-given-up'])
  })
})

describe('force', () => {
  it('gives up nothing at targets that the plane has', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    const told = fixture.events.length
    await fixture.plane.delete('digits', { actor: bob, force: true })
    await fixture.until(async () => (await fixture.plane.get('digits')) === null)
    expect(fixture.events.slice(told).map(({ action }) => action)).toEqual([
      'deployment-deleted',
      'destroy-requested',
      'deployment-removed',
    ])
    await fixture.plane.stop()
  })

  it('is shown to the policies, which may allow it to fewer people', async () => {
    const asked: PolicyRequest[] = []
    const { plane } = planeFixture({
      plane: {
        policies: [
          {
            name: 'note',
            actions: ['delete', 'command'],
            decide: (request) => {
              asked.push(request)
              return {
                verdict: 'allow',
                findings: [],
                obligations: [],
                policyRevision: '1',
                inputDigest: '',
              }
            },
          },
        ],
      },
    })
    await plane.apply(digits('1'), { actor: ann })
    await plane.takeOver('digits', { actor: bob })
    await plane.delete('digits', { actor: bob, force: true })
    expect(asked).toMatchObject([
      { action: 'command', command: 'take-over', actor: bob },
      { action: 'delete', force: true, actor: bob },
    ])
  })
})

describe('take over', () => {
  it('is written with its actor and audited', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    const told = fixture.events.length
    const { status } = await fixture.plane.takeOver('digits', { actor: bob })
    expect(status?.takeOver).toMatchObject({ actor: bob })
    expect(fixture.events.slice(told)).toMatchObject([
      { action: 'deployment-taken-over', actor: bob, details: { targets: ['local'] } },
    ])
    await fixture.plane.stop()
  })
})
