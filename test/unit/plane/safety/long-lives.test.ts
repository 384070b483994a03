import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { rule } from '../../../../src/policy/rule.ts'
import { rulesPolicy } from '../../../../src/policy/rules-policy.ts'
import { allow, requireApproval } from '../../../../src/policy/ruling.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import { here, leavingIn, ledgerOf } from '../../../status.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'
import { dropByHand } from './targets-by-hand.ts'

async function statusOf({ plane }: PlaneFixture): Promise<DeploymentStatus> {
  const status = (await plane.get('digits'))?.status
  if (status === undefined) throw new Error('nothing is stored')
  return status
}

const hourMs = 3_600_000

describe('a healthy rollout', () => {
  it('goes on after a person paused it for longer than its step and its deadline', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    await registerVersions(fixture.registry, '2')
    const strategy = { canary: { steps: [{ weight: 50 }, { pause: '10m' }] } } as const
    await fixture.plane.apply(digits('2', { strategy, deadline: '5m' }), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'pausing')
    await fixture.plane.pause('digits', { actor: ann })
    await fixture.clock.advance(2 * hourMs)
    await fixture.plane.resume('digits', { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'converged', 900_000)
    expect((await statusOf(fixture)).aborted).toEqual([])
  })

  it('goes on after nobody led for longer than its step and its deadline', async () => {
    const first = planeFixture()
    await serving(first)
    await registerVersions(first.registry, '2')
    const strategy = { canary: { steps: [{ weight: 50 }, { pause: '10m' }] } } as const
    await first.plane.apply(digits('2', { strategy, deadline: '5m' }), { actor: ann })
    await first.until(async () => (await first.phase()) === 'pausing')
    first.store.close = async () => {}
    first.audit.close = async () => {}
    await first.plane.stop()
    await first.clock.advance(2 * hourMs)
    const next = planeFixture({ beside: first })
    await next.plane.start()
    await next.until(async () => (await next.phase()) === 'converged', 900_000)
  })
})

/** A plane over a target whose first call to apply takes its time. */
function slowApply(names: 'random' | 'deterministic', ms: number): PlaneFixture {
  const base = planeFixture()
  const inner = memoryTarget({ clock: base.clock, world: base.world, capabilities: { names } })
  let slow = true
  const target: DeploymentTarget = {
    ...inner,
    async apply(...call) {
      if (slow) {
        slow = false
        await new Promise<void>((resolve) => void base.clock.schedule(ms, resolve))
      }
      return inner.apply(...call)
    },
  }
  return planeFixture({ beside: base, plane: { targets: { local: target } } })
}

describe('the answer of a slow call', () => {
  it('is kept although another spec is declared meanwhile, with random names', async () => {
    const fixture = slowApply('random', 15_000)
    await registerVersions(fixture.registry, '1')
    await fixture.plane.start()
    await fixture.plane.apply(digits('1'), { actor: ann })
    await fixture.clock.advance(1000)
    await fixture.plane.apply(digits('1', { deadline: '10m' }), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'converged')
    expect(fixture.world.created).toBe(1)
  })

  it('is waited for before a deletion sends anything, so that nothing is left', async () => {
    const fixture = slowApply('deterministic', 15_000)
    await registerVersions(fixture.registry, '1')
    await fixture.plane.start()
    await fixture.plane.apply(digits('1'), { actor: ann })
    await fixture.clock.advance(1000)
    await fixture.plane.delete('digits', { actor: ann })
    await fixture.until(async () => (await fixture.plane.get('digits')) === null)
    await fixture.clock.advance(60_000)
    expect(fixture.world.journal.map(({ kind }) => kind)).toEqual(['created', 'removed'])
  })
})

describe('a stable revision that is created again and never listed', () => {
  it('is sent once more after each deadline, and not at every look', async () => {
    const base = planeFixture()
    const inner = memoryTarget({ clock: base.clock, world: base.world })
    let blind = false
    let applies = 0
    const target: DeploymentTarget = {
      ...inner,
      async apply(...call) {
        applies += 1
        return blind ? { kind: 'accepted' } : inner.apply(...call)
      },
      observe: async (...call) => (blind ? { revisions: [], operations: [] } : inner.observe(...call)),
    }
    const fixture = planeFixture({ beside: base, plane: { targets: { local: target } } })
    await serving(fixture)
    await fixture.plane.apply(digits('1', { deadline: '1m' }), { actor: ann })
    await fixture.clock.advance(1000)
    const before = applies
    const { stable = '' } = await statusOf(fixture)
    dropByHand(base.world, stable)
    blind = true
    await fixture.clock.advance(600_000)
    expect(applies - before).toBeGreaterThanOrEqual(5)
    expect(applies - before).toBeLessThanOrEqual(10)
  })
})

describe('a move that waits for an approval of all traffic', () => {
  it('leaves nothing behind when the old target is declared again', async () => {
    const base = planeFixture()
    const other = memoryTarget({ clock: base.clock })
    const policy = rulesPolicy('p', [
      rule('r', {
        on: 'promote',
        check: ({ deployment, weight }) =>
          deployment.spec.target.name === 'other' && weight === 100 ? allow(requireApproval()) : allow(),
      }),
    ])
    const fixture = planeFixture({
      beside: base,
      plane: { targets: { local: base.target, other }, policies: [policy] },
    })
    await serving(fixture)
    await fixture.plane.apply(digits('1', { target: 'other' }), { actor: ann })
    await fixture.until(
      async () => (await fixture.phase()) === 'blocked' && (await other.list()).length === 1,
    )
    const events = fixture.events.length
    await fixture.plane.apply(digits('1'), { actor: ann })
    await fixture.until(async () => (await other.list()).length === 0)
    await fixture.until(async () => (await fixture.phase()) === 'converged')
    expect(fixture.events.length - events).toBeLessThan(10)
    expect((await statusOf(fixture)).aborted).toEqual([])
  })
})

describe('a deployment whose target the plane no longer has', () => {
  it('moves on in the middle of a rollout, and the old target is given up', async () => {
    const first = planeFixture()
    await serving(first)
    await registerVersions(first.registry, '2')
    const strategy = { canary: { steps: [{ weight: 50 }, { pause: 'until-promoted' }] } } as const
    await first.plane.apply(digits('2', { strategy }), { actor: ann })
    await first.until(async () => (await first.phase()) === 'pausing')
    first.store.close = async () => {}
    first.audit.close = async () => {}
    await first.plane.stop()
    const other = memoryTarget({ clock: first.clock })
    const next = planeFixture({ beside: first, plane: { targets: { other } } })
    await next.plane.start()
    await next.plane.apply(digits('2', { strategy, target: 'other' }), { actor: ann })
    await next.until(async () => here(await statusOf(next)).target === 'other')
    await next.plane.giveUp('digits', { actor: ann, target: 'local' })
    await next.until(async () => leavingIn(await statusOf(next)).length === 0)
    const status = await statusOf(next)
    const { givenUp, rollout } = status
    const effect = ledgerOf(status)
    expect([givenUp, effect, rollout.phase]).toEqual([undefined, undefined, 'converged'])
  })
})

describe('targets that a deployment leaves', () => {
  it.each<[string, DeploymentTarget['destroy']]>([
    [
      'remove nothing',
      async () => {
        throw new Error('the vendor does not remove it')
      },
    ],
    [
      'take no connection',
      async () => ({ kind: 'not-sent', reason: 'NoConnection', message: 'connection refused' }),
    ],
  ])('hinder neither each other nor the one that serves when they %s', async (_, destroy) => {
    const base = planeFixture()
    const stuck = memoryTarget({ clock: base.clock })
    const third = memoryTarget({ clock: base.clock })
    stuck.destroy = destroy
    const fixture = planeFixture({
      beside: base,
      plane: { targets: { local: stuck, second: base.target, third } },
    })
    await serving(fixture)
    for (const target of ['second', 'third']) {
      await fixture.plane.apply(digits('1', { target }), { actor: ann })
      await fixture.until(async () => here(await statusOf(fixture)).target === target)
    }
    await fixture.until(async () => leavingIn(await statusOf(fixture)).length === 1)
    expect(await base.target.list()).toEqual([])
    const status = await statusOf(fixture)
    expect([leavingIn(status).map((each) => each.target), status.rollout.phase]).toEqual([
      ['local'],
      'converged',
    ])
    // Nor does it slow a rollout down, however long it has been so.
    await fixture.clock.advance(hourMs)
    await registerVersions(fixture.registry, '2')
    const strategy = { canary: { steps: [{ weight: 50 }, { pause: '10s' }] } } as const
    const beganMs = fixture.clock.now()
    await fixture.plane.apply(digits('2', { strategy, target: 'third' }), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'pausing')
    await fixture.until(async () => (await fixture.phase()) === 'converged', 900_000)
    expect(fixture.clock.now() - beganMs).toBeLessThan(30_000)
  })
})
