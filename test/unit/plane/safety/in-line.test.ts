import { describe, expect, it } from 'vitest'
import { sleep } from '../../../../src/clock.ts'
import { memoryTarget } from '../../../../src/deployment-target/memory-target.ts'
import { here, ledgerOf, splitIn } from '../../../status.ts'
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
    expect(await phase()).toBe('starting')
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

  it('leaves the line at a stop', async () => {
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

const halfway = { strategy: { canary: { steps: [{ weight: 50 }, { pause: 'until-promoted' }] } } } as const

async function weights({ plane }: PlaneFixture): Promise<readonly number[]> {
  return splitIn((await plane.get('digits'))?.status).map(({ weight }) => weight)
}

/** The revision that the rollout of `digits` is about. */
async function candidate({ plane }: PlaneFixture): Promise<string> {
  const rollout = (await plane.get('digits'))?.status?.rollout
  return rollout !== undefined && 'revision' in rollout ? rollout.revision : 'none'
}

describe('a deployment that has to remove something at a full target', () => {
  /** It serves at `local`, and `full` still has its old revision. The only place at `full` is taken for 25 s. */
  async function moved(): Promise<PlaneFixture & { readonly asked: string[] }> {
    const base = planeFixture()
    const asked: string[] = []
    let busy = true
    const inner = memoryTarget({ clock: base.clock })
    const full = {
      ...inner,
      apply: async (...[key, want, options]: Parameters<typeof inner.apply>) => {
        if (key === 'default/other') await sleep(base.clock, 25_000, options.abortSignal)
        return inner.apply(key, want, options)
      },
      destroy: async (...[key, options]: Parameters<typeof inner.destroy>) => {
        if (busy) return { kind: 'busy' as const, retryAfterMs: 500 }
        asked.push(key)
        return inner.destroy(key, options)
      },
    }
    const fixture = planeFixture({
      beside: base,
      plane: { targets: { local: base.target, full }, concurrency: 1 },
    })
    const { plane, until, phase, clock } = fixture
    await registerVersions(fixture.registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1', { target: 'full' }), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    await plane.apply(digits('1', { target: 'local' }), { actor: ann })
    await until(async () => here((await plane.get('digits'))?.status).target === 'local')
    await plane.apply({ ...digits('1', { target: 'full' }), metadata: { name: 'other' } }, { actor: ann })
    await clock.advance(100)
    busy = false
    return { ...fixture, world: base.world, asked }
  }

  it('goes on with its rollout meanwhile, and turns a revision back that fails', async () => {
    const fixture = await moved()
    const { plane, clock, until, phase, asked } = fixture
    await plane.apply(digits('2', { target: 'local', ...halfway }), { actor: ann })
    await until(async () => (await phase()) === 'pausing', 10_000)
    fixture.world.hold(await candidate(fixture), { state: 'failed', reason: 'DiskGone' })
    await until(async () => (await weights(fixture)).join() === '100', 6000)
    expect(asked).toEqual([])
    await clock.advance(30_000)
    expect(asked).toContain('default/digits')
    await inTime(fixture, plane.stop())
  })
})

describe('a look at the target', () => {
  it('is made again when the registry answered late, before it raises a share', async () => {
    const base = planeFixture()
    const { clock, registry } = base
    const { resolve } = registry
    let late = false
    registry.resolve = async (...call) => {
      if (late) await sleep(clock, 8000)
      return resolve(...call)
    }
    const { observe } = base.target
    const target = { ...base.target }
    const fixture = planeFixture({
      beside: base,
      plane: { targets: { local: target }, pace: { resolveLifeMs: 0 } },
    })
    const { plane, until, phase } = fixture
    await registerVersions(registry, '1', '2')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    await plane.apply(digits('2', halfway), { actor: ann })
    await until(async () => (await phase()) === 'starting')
    const revision = await candidate(fixture)
    let seenReady = 0
    // The candidate is ready when its step begins. It fails right after the look that would give it traffic.
    target.observe = async (...call) => {
      const observed = await observe(...call)
      if (observed.revisions.some((each) => each.revision === revision && each.state === 'ready')) {
        seenReady += 1
        if (seenReady === 2) base.world.hold(revision, { state: 'failed', reason: 'DiskGone' })
      }
      return observed
    }
    late = true
    for (let passed = 0; passed < 60_000; passed += 100) {
      await clock.advance(100)
      expect(await weights(fixture)).toEqual([100])
    }
    expect([seenReady, await phase()]).toEqual([2, 'failed'])
    await inTime(fixture, plane.stop())
  })
})
