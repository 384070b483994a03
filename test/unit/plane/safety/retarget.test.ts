import { describe, expect, it } from 'vitest'
import { hostedTarget } from '../../../../src/deployment-target/hosted-target.ts'
import { type MemoryTarget, memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import type { PolicyEngine, PromoteRequest } from '../../../../src/policy/contract.ts'
import { rule } from '../../../../src/policy/rule.ts'
import { rulesPolicy } from '../../../../src/policy/rules-policy.ts'
import { allow, deny, requireApproval } from '../../../../src/policy/ruling.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import { here, leavingIn } from '../../../status.ts'
import { actionsOf, ann, digits, type PlaneFixture, planeFixture, serving } from '../plane-fixture.ts'

interface Scene extends PlaneFixture {
  readonly other: MemoryTarget
}

async function served(
  promote?: (request: PromoteRequest) => ReturnType<typeof allow>,
  options: Parameters<typeof memoryTarget>[0] = {},
): Promise<Scene> {
  const base = planeFixture()
  const other = memoryTarget({ clock: base.clock, readyAfterMs: 500, ...options })
  const policies: PolicyEngine[] =
    promote === undefined
      ? []
      : [rulesPolicy('p', [rule('r', { on: 'promote', check: (request) => promote(request) })])]
  const targets = { local: base.target, other, vendor: hostedTarget() }
  const fixture = planeFixture({ beside: base, plane: { targets, policies } })
  await serving(fixture)
  return { ...fixture, target: base.target, other }
}

async function statusOf({ plane }: PlaneFixture): Promise<DeploymentStatus> {
  const status = (await plane.get('digits'))?.status
  if (status === undefined) throw new Error('nothing is stored')
  return status
}

const onlyHere = ({ deployment }: PromoteRequest): boolean => deployment.spec.target.name === 'local'

describe('a move to another target', () => {
  it('makes the new target ready first, then moves the traffic, then removes the old one', async () => {
    const scene = await served()
    const { plane, target, other, until } = scene
    await plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await until(async () => (await other.list()).length === 1)
    expect(await statusOf(scene)).toMatchObject({ traffic: [{ target: 'local', weight: 100 }] })
    expect(await target.list()).toHaveLength(1)
    await until(async () => here(await statusOf(scene)).target === 'other')
    expect(await statusOf(scene)).toMatchObject({
      placements: [{ role: 'serving', revisions: [{ state: 'ready' }] }, { role: 'leaving' }],
      traffic: [{ target: 'other', weight: 100 }],
    })
    await until(async () => (await target.list()).length === 0)
    await until(async () => leavingIn(await statusOf(scene)).length === 0)
    expect((await statusOf(scene)).rollout.phase).toBe('converged')
    const actions = await actionsOf(scene)
    const order = ['deployment-retargeted', 'split-changed', 'rollout-completed', 'destroy-requested']
    expect(actions.filter((action) => order.includes(action)).slice(-4)).toEqual(order)
    await plane.delete('digits', { actor: ann })
    await until(async () => (await plane.get('digits')) === null)
    expect([await target.list(), await other.list()]).toEqual([[], []])
  })

  it.each([
    ['a policy denies it', (request: PromoteRequest) => (onlyHere(request) ? allow() : deny('not there'))],
    [
      'an approval is missing',
      (request: PromoteRequest) => (onlyHere(request) ? allow() : allow(requireApproval())),
    ],
  ] as const)('takes nothing from the old target while %s', async (_why, check) => {
    const scene = await served(check)
    await scene.plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await scene.clock.advance(600_000)
    expect(await statusOf(scene)).toMatchObject({
      rollout: { phase: 'blocked' },
      traffic: [{ target: 'local', weight: 100 }],
    })
    expect([await scene.target.list(), await scene.other.list()]).toEqual([['default/digits'], []])
  })

  it('goes on after the approval', async () => {
    const scene = await served((request) => (onlyHere(request) ? allow() : allow(requireApproval())))
    await scene.plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await scene.until(async () => (await scene.phase()) === 'blocked')
    await scene.plane.approve('digits', { actor: ann })
    await scene.until(async () => here(await statusOf(scene)).target === 'other')
  })

  it('is given up when the new target refuses, and the old one serves on', async () => {
    const scene = await served()
    await scene.plane.apply(digits('1', { target: 'vendor' }), { actor: ann })
    await scene.until(async () => (await scene.phase()) === 'failed')
    await scene.clock.advance(600_000)
    expect(await statusOf(scene)).toMatchObject({
      rollout: { phase: 'failed', cause: 'TargetRefused' },
      traffic: [{ target: 'local', weight: 100 }],
    })
    expect(await scene.target.list()).toEqual(['default/digits'])
  })

  it('is given up at the deadline, and what came to the new target is removed', async () => {
    const scene = await served(undefined, { readyAfterMs: 3_600_000 })
    await scene.plane.apply(digits('1', { target: 'other', deadline: '1m' }), { actor: ann })
    await scene.until(async () => (await scene.phase()) === 'failed', 120_000)
    await scene.until(async () => (await scene.other.list()).length === 0)
    expect(await statusOf(scene)).toMatchObject({ traffic: [{ target: 'local', weight: 100 }] })
  })

  it('ends when the old target is declared again', async () => {
    const scene = await served(undefined, { readyAfterMs: 60_000 })
    await scene.plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await scene.until(async () => (await scene.other.list()).length === 1)
    await scene.plane.apply(digits('1'), { actor: ann })
    await scene.until(async () => (await scene.other.list()).length === 0)
    await scene.until(async () => (await scene.phase()) === 'converged')
    expect(await statusOf(scene)).toMatchObject({ traffic: [{ target: 'local', weight: 100 }] })
    expect(leavingIn(await statusOf(scene))).toEqual([])
  })

  it('leaves a target that the plane no longer has, and waits until somebody gives it up', async () => {
    const scene = await served()
    const { store, audit } = scene
    store.close = async () => {}
    audit.close = async () => {}
    await scene.plane.stop()
    const after = planeFixture({ beside: scene, plane: { targets: { other: scene.other } } })
    await after.plane.start()
    await after.plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await after.until(async () => here(await statusOf(after)).target === 'other')
    await after.clock.advance(600_000)
    expect(leavingIn(await statusOf(after))).toMatchObject([{ target: 'local' }])
  })
})
