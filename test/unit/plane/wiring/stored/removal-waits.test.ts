import { describe, expect, it } from 'vitest'
import { memoryProvider } from '../../../../../src/provider/memory-provider.ts'
import type { Endpoint } from '../../../../../src/resources/deployment/revision.ts'
import type { StateStore } from '../../../../../src/store/contract.ts'
import { ann, digits, planeFixture, registerVersions, route, serving } from '../../plane-fixture.ts'

const request = { kind: 'tensors' as const, inputs: [] }

/**
 * Two planes over one store that processes can share. The first one leads. Through the second one, whose watch
 * may die, requests come all the time.
 */
async function pair(options: { readonly routersLearnMs?: number } = {}) {
  const base = planeFixture()
  const dead = { now: false }
  const shared: StateStore = {
    ...base.store,
    capabilities: { ...base.store.capabilities, shared: true },
    close: async () => {},
  }
  const dying: StateStore = {
    ...shared,
    async *watch(abortSignal) {
      for await (const change of shared.watch(abortSignal)) {
        if (dead.now) await new Promise(() => {})
        yield change
      }
    },
  }
  const { world, clock } = base
  const sent = { all: 0, toRemoved: 0 }
  const connect = ({ address }: Endpoint) =>
    memoryProvider({
      infer: () => {
        sent.all += 1
        const isRemoved = world.journal.some(
          ({ kind, revision }) => kind === 'removed' && revision !== undefined && address.endsWith(revision),
        )
        if (isRemoved) sent.toRemoved += 1
        return { kind: 'tensors', outputs: [] }
      },
    })
  const one = planeFixture({ beside: base, plane: { ...options, store: shared, name: 'one' } })
  const two = planeFixture({
    beside: base,
    plane: { ...options, store: dying, name: 'two', connect: { memory: connect } },
  })
  await registerVersions(base.registry, '1', '2')
  await serving(one)
  await one.plane.apply(route(), { actor: ann })
  await two.plane.start()
  const requestsFor = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      await two.plane.router.infer('digits', request).catch(() => {})
      await clock.advance(100)
    }
  }
  const removed = (): number => world.journal.filter(({ kind }) => kind === 'removed').length
  const stop = async (): Promise<void> => {
    await two.plane.stop()
    await one.plane.stop()
  }
  return { one, two, dead, sent, requestsFor, removed, stop }
}

describe('a revision that lost its traffic', () => {
  it('is not removed before the routers of other processes know, even those whose watch has died', async () => {
    const { one, dead, sent, requestsFor, removed, stop } = await pair()
    await requestsFor(1000)
    dead.now = true
    await one.plane.apply(digits('2', { strategy: { rolling: {} } }), { actor: ann })
    await requestsFor(60_000)
    expect(sent.all).toBeGreaterThan(600)
    expect(removed()).toBe(1)
    expect(sent.toRemoved).toBe(0)
    await stop()
  })

  it('is not removed sooner when its rollout is turned back', async () => {
    const { one, dead, sent, requestsFor, removed, stop } = await pair()
    const half = { canary: { steps: [{ weight: 50 }, { pause: 'until-promoted' as const }] } }
    await one.plane.apply(digits('2', { strategy: half }), { actor: ann })
    await requestsFor(3000)
    expect(await one.phase()).toBe('pausing')
    dead.now = true
    await one.plane.abort('digits', { actor: ann })
    await requestsFor(10_000)
    expect(removed()).toBe(0)
    await requestsFor(30_000)
    expect([removed(), sent.toRemoved]).toEqual([1, 0])
    await stop()
  })

  it('is removed after `routersLearnMs`, and at once when that is 0', async () => {
    for (const [routersLearnMs, afterMs, gone] of [
      [30_000, 29_000, 0],
      [30_000, 33_000, 1],
      [0, 3000, 1],
    ] as const) {
      const { one, requestsFor, removed, stop } = await pair({ routersLearnMs })
      await one.plane.apply(digits('2', { strategy: { rolling: {} } }), { actor: ann })
      await requestsFor(afterMs)
      expect([routersLearnMs, afterMs, removed()]).toEqual([routersLearnMs, afterMs, gone])
      await stop()
    }
  })
})

describe('a deployment', () => {
  it('that is deleted stays at its target until the routers of other processes know', async () => {
    const { one, dead, sent, requestsFor, removed, stop } = await pair()
    await requestsFor(1000)
    dead.now = true
    await one.plane.delete('digits', { actor: ann, kind: 'ModelRoute' })
    await one.plane.delete('digits', { actor: ann })
    await requestsFor(10_000)
    expect(removed()).toBe(0)
    await requestsFor(20_000)
    expect([removed(), sent.toRemoved]).toEqual([1, 0])
    expect(await one.plane.get('digits')).toBeNull()
    await stop()
  })
})
