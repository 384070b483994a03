import { describe, expect, it } from 'vitest'
import { sleep } from '../../../../src/clock.ts'
import { ledgerOf } from '../../../status.ts'
import { ann, digits, inTime, type PlaneFixture, planeFixture, registerVersions } from '../plane-fixture.ts'

interface Scene extends PlaneFixture {
  /** The versions that the target was told to serve, as `deployment version`. */
  readonly told: string[]
}

const applyMs = 5000

/** A plane with room for one deployment at its target, which needs 5 s for each change. */
async function oneAtATime(): Promise<Scene> {
  const base = planeFixture()
  const told: string[] = []
  const target = {
    ...base.target,
    apply: async (...[key, want, options]: Parameters<typeof base.target.apply>) => {
      told.push(`${key.split('/')[1]} ${want.revisions.map(({ model }) => model.version).join()}`)
      await sleep(base.clock, applyMs, options.abortSignal)
      return base.target.apply(key, want, options)
    },
  }
  const fixture = planeFixture({ beside: base, plane: { targets: { local: target }, concurrency: 1 } })
  const { plane, registry, clock } = fixture
  const { resolve } = registry
  // The target is looked at meanwhile, so that all have to wait for its room before they send.
  registry.resolve = async (...call) => {
    await sleep(clock, 100)
    return resolve(...call)
  }
  await registerVersions(registry, '1', '2')
  await plane.start()
  await plane.apply({ ...digits('1'), metadata: { name: 'first' } }, { actor: ann })
  return { ...fixture, told }
}

describe('a deployment that waits for room at its target', () => {
  it('has nothing written down as sent, and is sent in its turn', async () => {
    const fixture = await oneAtATime()
    const { plane, clock, told, phase, until } = fixture
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(applyMs - 1000)
    expect(told).toEqual(['first 1'])
    expect(ledgerOf((await plane.get('digits'))?.status)).toBeUndefined()
    await until(async () => (await phase()) === 'converged')
    expect(told).toEqual(['first 1', 'digits 1'])
    await inTime(fixture, plane.stop())
  })

  it('never sends what is not declared any more when its turn comes', async () => {
    const fixture = await oneAtATime()
    const { plane, clock, told, phase, until } = fixture
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    await plane.apply(digits('2'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    expect(told).toEqual(['first 1', 'digits 2'])
    await inTime(fixture, plane.stop())
  })

  it('leaves the line at a stop, and no room is lost', async () => {
    const fixture = await oneAtATime()
    const { plane, clock, told } = fixture
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    await inTime(fixture, plane.stop({ drainMs: 1000 }))
    expect(clock.pendingTimers).toBe(0)
    expect(told).toEqual(['first 1'])
  })

  it('leaves its turn to others when it is deleted meanwhile', async () => {
    const fixture = await oneAtATime()
    const { plane, clock, told, until } = fixture
    await plane.apply(digits('1'), { actor: ann })
    await plane.apply({ ...digits('1'), metadata: { name: 'third' } }, { actor: ann })
    await clock.advance(1000)
    await plane.delete('digits', { actor: ann })
    await until(async () => (await plane.get('third'))?.status?.rollout.phase === 'converged')
    expect(await plane.get('digits')).toBeNull()
    expect(told).toEqual(['first 1', 'third 1'])
    await inTime(fixture, plane.stop())
  })
})
