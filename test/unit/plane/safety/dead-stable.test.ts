import { describe, expect, it } from 'vitest'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import { madeOf, splitIn } from '../../../status.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'

const canary = {
  strategy: { canary: { steps: [{ weight: 50 }, { pause: 'until-promoted' }] } },
} as const

async function statusOf({ plane }: PlaneFixture): Promise<DeploymentStatus> {
  const status = (await plane.get('digits'))?.status
  if (status === undefined) throw new Error('nothing is stored')
  return status
}

/** Weights by model version. */
async function weights(fixture: PlaneFixture): Promise<Record<string, number>> {
  const status = await statusOf(fixture)
  const versionOf = (name: string): string => madeOf(status, name)?.model.version ?? 'gone'
  return Object.fromEntries(
    splitIn(status).map(({ revision, weight }) => [`v${versionOf(revision)}`, weight]),
  )
}

/** Version 1 is dead, and version 2 has half of the traffic. */
async function halfDead(maxRevisions = 10): Promise<PlaneFixture> {
  const fixture = planeFixture({ target: { capabilities: { maxRevisions } } })
  await serving(fixture)
  await registerVersions(fixture.registry, '2', '3')
  await fixture.plane.apply(digits('2', canary), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'pausing')
  const { stable = '' } = await statusOf(fixture)
  fixture.world.hold(stable, { state: 'failed', reason: 'DiskGone' })
  await fixture.clock.advance(70_000)
  return fixture
}

async function untilPausing(fixture: PlaneFixture, version: string): Promise<void> {
  await fixture.until(async () => {
    const status = await statusOf(fixture)
    const { rollout } = status
    if (rollout.phase !== 'pausing') return false
    return madeOf(status, rollout.revision)?.model.version === version
  })
}

describe('a dead stable revision', () => {
  it.each(['aborted', 'superseded'] as const)(
    'does not keep the next revision from its rollout after the one before was %s',
    async (how) => {
      const fixture = await halfDead()
      if (how === 'aborted') await fixture.plane.abort('digits', { actor: ann })
      await fixture.clock.advance(1000)
      await fixture.plane.apply(digits('3', canary), { actor: ann })
      await untilPausing(fixture, '3')
      // The dead one has no more than before, and the one that was turned back has nothing.
      expect(await weights(fixture)).toEqual({ v1: 50, v3: 50 })
      await fixture.plane.promote('digits', { actor: ann })
      await fixture.until(async () => (await fixture.phase()) === 'converged')
      expect(await weights(fixture)).toEqual({ v3: 100 })
    },
  )

  it('is overtaken by the same revision after a retry', async () => {
    const fixture = await halfDead()
    await fixture.plane.abort('digits', { actor: ann })
    await fixture.clock.advance(5000)
    expect(await fixture.phase()).toBe('rolling-back')
    await fixture.plane.retry('digits', { actor: ann })
    await untilPausing(fixture, '2')
    expect(await weights(fixture)).toEqual({ v1: 50, v2: 50 })
  })

  it('gives way although the target holds only two revisions', async () => {
    const fixture = await halfDead(2)
    await fixture.plane.apply(digits('3', canary), { actor: ann })
    await untilPausing(fixture, '3')
    expect(await weights(fixture)).toEqual({ v1: 50, v3: 50 })
  })

  it('takes its traffic back when it recovers before the next revision is ready', async () => {
    const fixture = await halfDead()
    await fixture.plane.abort('digits', { actor: ann })
    const { stable = '' } = await statusOf(fixture)
    fixture.world.release(stable)
    await fixture.until(async () => (await fixture.phase()) === 'failed')
    expect(await weights(fixture)).toEqual({ v1: 100 })
  })
})
