import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import {
  ann,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from '../plane-fixture.ts'
import { dropByHand } from './targets-by-hand.ts'

const tensors = { kind: 'tensors', inputs: [] } as const

describe('an empty observation', () => {
  it.each(['deterministic', 'random'] as const)(
    'that comes once takes no traffic away and creates nothing, with %s names',
    async (names) => {
      const base = planeFixture()
      const inner = memoryTarget({ clock: base.clock, world: base.world, capabilities: { names } })
      let blip = false
      const target: DeploymentTarget = {
        ...inner,
        async observe(...call) {
          if (!blip) return inner.observe(...call)
          blip = false
          return { revisions: [], operations: [] }
        },
      }
      const fixture = planeFixture({ beside: base, plane: { targets: { local: target } } })
      await serving(fixture)
      await fixture.plane.apply(route(), { actor: ann })
      await fixture.clock.advance(50_000)
      blip = true
      let failed = 0
      for (let asked = 0; asked < 400; asked += 1) {
        await fixture.plane.router.infer('digits', tensors).catch(() => {
          failed += 1
        })
        await fixture.clock.advance(50)
      }
      expect([blip, failed, base.world.created]).toEqual([false, 0, 1])
    },
  )

  it('is believed after three looks and two seconds, and then the revision is created again', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    const { stable = '' } = (await fixture.plane.get('digits'))?.status ?? {}
    dropByHand(fixture.world, stable)
    const droppedMs = fixture.clock.now()
    await fixture.until(() => fixture.world.created === 2, 120_000)
    const took = fixture.clock.now() - droppedMs
    // The look that misses it first comes within a resync of 60 s and its jitter.
    expect(took).toBeGreaterThanOrEqual(2000)
    expect(took).toBeLessThanOrEqual(66_000 + 4000)
  })
})

describe('a candidate that crashes every minute', () => {
  it('is turned back at the deadline, although it is ready between its crashes', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    await registerVersions(fixture.registry, '2')
    const strategy = { canary: { steps: [{ weight: 60 }, { pause: '2h' }] } } as const
    await fixture.plane.apply(digits('2', { strategy, deadline: '5m' }), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'pausing')
    const turned = await crashEachMinute(fixture, 20)
    expect(turned).toBeGreaterThanOrEqual(4)
    expect(turned).toBeLessThanOrEqual(7)
  })

  it('is forgiven after it was ready for as long as the deadline', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    await registerVersions(fixture.registry, '2')
    const strategy = { canary: { steps: [{ weight: 60 }, { pause: '2h' }] } } as const
    await fixture.plane.apply(digits('2', { strategy, deadline: '5m' }), { actor: ann })
    await fixture.until(async () => (await fixture.phase()) === 'pausing')
    await crashEachMinute(fixture, 2)
    await fixture.clock.advance(10 * 60_000)
    await crashEachMinute(fixture, 2)
    expect(await fixture.phase()).toBe('pausing')
  })
})

/** The minute in which the rollout was turned back; `minutes` when it was not. */
async function crashEachMinute(
  { plane, world, clock, phase }: PlaneFixture,
  minutes: number,
): Promise<number> {
  const { rollout } = (await plane.get('digits'))?.status ?? {}
  const candidate = rollout !== undefined && 'revision' in rollout ? rollout.revision : ''
  for (let minute = 0; minute < minutes; minute += 1) {
    world.hold(candidate, { state: 'unready', reason: 'CrashLoopBackOff' })
    await plane.reconcileOnce('digits')
    await clock.advance(20_000)
    world.release(candidate)
    await plane.reconcileOnce('digits')
    await clock.advance(40_000)
    if ((await phase()) !== 'pausing') return minute
  }
  return minutes
}
