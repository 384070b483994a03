import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../../src/deployment-target/contract.ts'
import { hostedTarget } from '../../../../src/index.ts'
import { memoryProvider } from '../../../../src/provider/memory-provider.ts'
import type { Endpoint } from '../../../../src/resources/deployment/revision.ts'
import type { StateStore } from '../../../../src/store/contract.ts'
import { here, madeOf } from '../../../status.ts'
import {
  ann,
  converged,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from '../plane-fixture.ts'

const request = { kind: 'tensors' as const, inputs: [] }

/** How many of a hundred requests each model version answered. */
async function answered({ plane }: PlaneFixture): Promise<Record<string, number>> {
  const { status } = (await plane.get('digits')) ?? {}
  const counts: Record<string, number> = {}
  for (let sent = 0; sent < 100; sent += 1) {
    const reply = await plane.router.infer('digits', request)
    const served = madeOf(status, reply.revision)?.model.version
    counts[served ?? 'unknown'] = (counts[served ?? 'unknown'] ?? 0) + 1
  }
  return counts
}

const halfway = { canary: { steps: [{ weight: 30 }, { pause: 'until-promoted' as const }] } }

describe('the route table', () => {
  it('gives a canary its weight, all traffic once it is stable, and no traffic after an abort', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase } = fixture
    await serving(fixture)
    await plane.apply(route(), { actor: ann })
    expect(await answered(fixture)).toEqual({ 1: 100 })
    await registerVersions(registry, '2', '3')
    await plane.apply(digits('2', { strategy: halfway }), { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    const { 1: stable = 0, 2: canary = 0 } = await answered(fixture)
    expect(stable + canary).toBe(100)
    expect(canary).toBeGreaterThan(10)
    expect(canary).toBeLessThan(50)
    await plane.promote('digits', { actor: ann })
    await until(async () => (await phase()) === 'converged')
    expect(await answered(fixture)).toEqual({ 2: 100 })
    await plane.apply(digits('3', { strategy: halfway }), { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    await plane.abort('digits', { actor: ann })
    await until(async () => (await phase()) === 'failed')
    expect(await answered(fixture)).toEqual({ 2: 100 })
    await plane.stop()
  })

  it('leaves out a revision that is not ready, and has no backend while no revision is ready', async () => {
    const fixture = planeFixture()
    const { plane, registry, until, phase, world } = fixture
    await serving(fixture)
    await plane.apply(route(), { actor: ann })
    await registerVersions(registry, '2')
    await plane.apply(digits('2', { strategy: halfway }), { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    const { stable = '', rollout } = (await plane.get('digits'))?.status ?? {}
    world.hold(rollout !== undefined && 'revision' in rollout ? rollout.revision : '', { state: 'unready' })
    await fixture.clock.advance(70_000)
    expect(await answered(fixture)).toEqual({ 1: 100 })
    world.hold(stable, { state: 'unready' })
    await fixture.clock.advance(70_000)
    await expect(plane.router.infer('digits', request)).rejects.toMatchObject({ code: 'no-backend' })
    world.release(stable)
    await fixture.clock.advance(70_000)
    expect(await answered(fixture)).toEqual({ 1: 100 })
    await plane.stop()
  })

  it('has a route as soon as apply returns, and drops it as soon as delete returns', async () => {
    const fixture = planeFixture()
    const { plane } = fixture
    await serving(fixture)
    await expect(plane.router.infer('digits', request)).rejects.toMatchObject({ code: 'no-route' })
    await plane.apply(route(), { actor: ann })
    await plane.router.infer('digits', request)
    await plane.delete('digits', { actor: ann, kind: 'ModelRoute' })
    await expect(plane.router.infer('digits', request)).rejects.toMatchObject({ code: 'no-route' })
    await plane.stop()
  })

  it('is brought up to date after the watch fails', async () => {
    const first = planeFixture()
    let breaks = 3
    const store: StateStore = {
      ...first.store,
      async *watch(abortSignal) {
        for await (const change of first.store.watch(abortSignal)) {
          yield change
          if (breaks > 0) {
            breaks -= 1
            throw new Error('the connection was reset')
          }
        }
      },
    }
    const fixture = planeFixture({ beside: first, plane: { store } })
    await serving(fixture)
    // Another process applies the route, so that this plane hears of it only through the watch.
    await first.plane.apply(route(), { actor: ann })
    await fixture.clock.advance(10_000)
    expect(breaks).toBe(0)
    await fixture.plane.router.infer('digits', request)
    await fixture.plane.stop()
  })

  it('begins a new watch about once a second while the watch keeps failing', async () => {
    const first = planeFixture()
    let watches = 0
    const store: StateStore = {
      ...first.store,
      watch() {
        watches += 1
        throw new Error('the connection was refused')
      },
    }
    const { plane, clock } = planeFixture({ beside: first, plane: { store } })
    await plane.start()
    await clock.advance(60_000)
    expect(watches).toBeGreaterThan(30)
    expect(watches).toBeLessThan(70)
    await plane.stop()
  })

  it('sends no request to an unready revision while another is ready, although its address is known', async () => {
    const first = planeFixture()
    const unready = new Set<string>()
    const target: DeploymentTarget = {
      ...first.target,
      async observe(...call) {
        const observed = await first.target.observe(...call)
        const revisions = observed.revisions.map((each) =>
          unready.has(each.revision) ? { ...each, state: 'unready' as const } : each,
        )
        return { ...observed, revisions }
      },
    }
    const fixture = planeFixture({ beside: first, plane: { targets: { local: target } } })
    const { plane, registry, until, phase, clock } = fixture
    await serving(fixture)
    await plane.apply(route(), { actor: ann })
    await registerVersions(registry, '2')
    await plane.apply(digits('2', { strategy: halfway }), { actor: ann })
    await until(async () => (await phase()) === 'pausing')
    const { status } = (await plane.get('digits')) ?? {}
    const { stable = '' } = status ?? {}
    const canary = here(status).revisions.find(({ revision }) => revision !== stable)?.revision ?? ''
    unready.add(canary)
    await clock.advance(70_000)
    expect(await answered(fixture)).toEqual({ 1: 100 })
    // When no revision is ready, a revision that has an address is better than no backend.
    unready.add(stable)
    await clock.advance(70_000)
    const { 1: toStable = 0, 2: toCanary = 0 } = await answered(fixture)
    expect(toStable).toBeGreaterThan(toCanary)
    expect(toStable + toCanary).toBe(100)
    await plane.stop()
  })

  it('keeps its routes while the store cannot be read', async () => {
    const first = planeFixture()
    let down = false
    const store: StateStore = {
      ...first.store,
      async get(kind, key) {
        if (down) throw new Error('locked')
        return first.store.get(kind, key)
      },
    }
    const fixture = planeFixture({ beside: first, plane: { store } })
    await serving(fixture)
    await fixture.plane.apply(route(), { actor: ann })
    down = true
    await fixture.clock.advance(120_000)
    await fixture.plane.router.infer('digits', request)
    down = false
    await fixture.plane.stop()
  })

  it('closes the connections that it made when the plane stops', async () => {
    const closed: string[] = []
    const connect = (endpoint: Endpoint) => ({
      ...memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }),
      close: async () => void closed.push(endpoint.address),
    })
    const fixture = planeFixture({ plane: { connect: { memory: connect } } })
    await serving(fixture)
    await fixture.plane.apply(route(), { actor: ann })
    await fixture.plane.router.infer('digits', request)
    expect(closed).toEqual([])
    await fixture.plane.stop()
    expect(closed).toHaveLength(1)
  })
})

describe('a hosted model', () => {
  it('is rolled out like any other model, and the vendor’s provider answers its requests', async () => {
    const asked: string[] = []
    let closed = 0
    const vendor = {
      ...memoryProvider({
        name: 'vendor',
        chat: ({ model }) => {
          asked.push(model)
          return 'hello'
        },
      }),
      close: async () => {
        closed += 1
      },
    }
    const fixture = planeFixture({ plane: { targets: { hosted: hostedTarget() }, providers: { vendor } } })
    const { plane, registry, until, phase } = fixture
    for (const version of ['1', '2']) {
      await registry.register({
        name: 'chatty',
        version,
        approval: 'approved',
        artifact: { kind: 'hosted', provider: 'vendor', model: `chat-${version}` },
      })
    }
    await plane.start()
    const chatty = (version: string) =>
      digits(version, { model: `models/chatty@v${version}`, target: 'hosted' })
    for (const version of ['1', '2']) await registry.setAlias('chatty', `v${version}`, version)
    await plane.apply(route('digits', { operations: ['chat'] }), { actor: ann })
    await plane.apply(chatty('1'), { actor: ann })
    await until(async () => (await phase()) === 'converged')
    const question = {
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }],
    }
    expect(await plane.router.chat('digits', question)).toMatchObject({ deployment: 'default/digits' })
    await plane.apply(chatty('2'), { actor: ann })
    await converged(fixture, 2)
    await plane.router.chat('digits', question)
    expect(asked).toEqual(['chat-1', 'chat-2'])
    await plane.delete('digits', { actor: ann, kind: 'ModelRoute' })
    await plane.delete('digits', { actor: ann })
    await until(async () => (await plane.get('digits')) === null)
    expect(closed).toBe(0)
    await plane.stop()
    expect(closed).toBe(1)
  })

  it('must be a model that a vendor runs, or the rollout fails with that reason', async () => {
    const fixture = planeFixture({ plane: { targets: { hosted: hostedTarget() } } })
    const { plane, registry, until, phase } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1', { target: 'hosted' }), { actor: ann })
    await until(async () => (await phase()) === 'failed')
    expect((await plane.explain('digits')).waitsFor).toContain(
      'this target only takes models that a vendor runs',
    )
    await plane.stop()
  })
})
