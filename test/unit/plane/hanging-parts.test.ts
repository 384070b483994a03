import { describe, expect, it } from 'vitest'
import type { DeploymentTarget } from '../../../src/deployment-target/contract.ts'
import { ModelspineError } from '../../../src/errors.ts'
import { type ControlPlaneOptions, memoryStore, memoryTarget } from '../../../src/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import {
  ann,
  digits,
  inTime,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from './plane-fixture.ts'

const never = (): Promise<never> => new Promise(() => {})

/** A plane with the target `black`, which answers nothing while `hangs` is true. */
function withBlackHole(options: Partial<ControlPlaneOptions> = {}): {
  readonly fixture: PlaneFixture
  readonly hole: { hangs: boolean; asked: number }
} {
  const first = planeFixture()
  const hole = { hangs: true, asked: 0 }
  const inner = memoryTarget({ clock: first.clock })
  const black: DeploymentTarget = {
    ...inner,
    observe: async (key, call) => {
      hole.asked += 1
      return hole.hangs ? never() : inner.observe(key, call)
    },
  }
  const fixture = planeFixture({
    beside: first,
    plane: { targets: { local: first.target, black }, ...options },
  })
  return { fixture, hole }
}

/** Starts the plane with so many deployments on the target `black`. */
async function startOnBlack({ plane, registry }: PlaneFixture, count: number): Promise<void> {
  await registerVersions(registry, '1')
  await plane.start()
  for (let place = 0; place < count; place += 1) {
    await plane.apply(
      { ...digits('1', { target: 'black' }), metadata: { name: `black-${place}` } },
      { actor: ann },
    )
  }
}

describe('a target that never answers', () => {
  it('does not touch deployments elsewhere, however many deployments it has', async () => {
    const { fixture } = withBlackHole()
    const { plane, clock, phase } = fixture
    await startOnBlack(fixture, 40)
    await clock.advance(1000)
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    expect(await phase('digits')).toBe('converged')
    await inTime(fixture, plane.stop({ drainMs: 1000 }))
  })

  it('is a fault within one deadline, with an event, and is gone with the next answer', async () => {
    const { fixture, hole } = withBlackHole()
    const { plane, clock } = fixture
    const heard: string[] = []
    plane.on('part-failing', ({ part, name, message }) => heard.push(`${part} ${name}: ${message}`))
    plane.on('part-recovered', ({ part, name }) => heard.push(`${part} ${name} works`))
    await startOnBlack(fixture, 4)
    await clock.advance(9000)
    expect(plane.health().faults).toEqual([])
    await clock.advance(1100)
    const message = 'target "black" gave no answer to observe within 10 s'
    expect(plane.health().faults).toEqual([
      { part: 'target', name: 'black', reason: 'TargetUnavailable', message },
    ])
    expect((await plane.explain('black-0')).fault?.message).toBe(message)
    hole.hangs = false
    await clock.advance(30_000)
    expect(plane.health().faults).toEqual([])
    expect(heard).toEqual([`target black: ${message}`, 'target black works'])
    await inTime(fixture, plane.stop())
  })

  it('has its deployments served soon after it answers again', async () => {
    const { fixture, hole } = withBlackHole()
    const { plane, clock, until } = fixture
    await startOnBlack(fixture, 40)
    await clock.advance(10 * 60_000)
    hole.hangs = false
    await until(async () => {
      for await (const { status } of plane.list()) if (status?.rollout.phase !== 'converged') return false
      return true
    }, 60_000)
    await inTime(fixture, plane.stop())
  })

  it('is asked ever more rarely, and writes no new status for it', async () => {
    const { fixture, hole } = withBlackHole()
    const { plane, clock, store } = fixture
    await startOnBlack(fixture, 40)
    await clock.advance(10 * 60_000)
    const before = await store.get('ModelDeployment', 'default/black-7')
    hole.asked = 0
    await clock.advance(10 * 60_000)
    expect(hole.asked).toBeLessThanOrEqual(40)
    expect(await store.get('ModelDeployment', 'default/black-7')).toEqual(before)
    await inTime(fixture, plane.stop())
  })

  it('does not keep a stop longer than drainMs', async () => {
    const { fixture } = withBlackHole()
    const { plane, clock } = fixture
    await startOnBlack(fixture, 4)
    await clock.advance(1000)
    let stopped = false
    void plane.stop({ drainMs: 1000 }).then(() => {
      stopped = true
    })
    await clock.advance(1000)
    expect(stopped).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('leadership', () => {
  it('is sought again although one call never ends, and the deployment is looked at again', async () => {
    const first = planeFixture()
    let hang = false
    const target = memoryTarget({ clock: first.clock, world: first.world })
    const { observe } = target
    target.observe = (...call) => (hang ? never() : observe(...call))
    let down = false
    const store = {
      ...first.store,
      renewLease: async (...call: Parameters<typeof first.store.renewLease>) => {
        if (down) throw new ModelspineError('store-unavailable', 'store down')
        return first.store.renewLease(...call)
      },
    }
    const fixture = planeFixture({ beside: first, plane: { targets: { local: target }, store } })
    const { plane, clock, registry, phase } = fixture
    await serving(fixture)
    hang = true
    await clock.advance(70_000)
    hang = false
    expect(plane.health().leading).toBe(true)
    down = true
    await clock.advance(20_000)
    down = false
    await clock.advance(10_000)
    expect(plane.health().leading).toBe(true)
    await registerVersions(registry, '2')
    await plane.apply({ ...digits('2'), metadata: { name: 'other' } }, { actor: ann })
    await clock.advance(2000)
    expect(await phase('other')).toBe('converged')
    await inTime(fixture, plane.stop())
  })

  it('is sought again although a target never stands down', async () => {
    const fixture = planeFixture()
    const { plane, clock, target, store } = fixture
    await serving(fixture)
    target.standDown = never
    const { renewLease } = store
    ;(store as { renewLease: unknown }).renewLease = async () => null
    await clock.advance(6000)
    expect(plane.health().leading).toBe(false)
    ;(store as { renewLease: unknown }).renewLease = renewLease
    await clock.advance(10_000)
    expect(plane.health().leading).toBe(true)
    await inTime(fixture, plane.stop())
  })

  it('is lost while the store hangs, and comes back with the store', async () => {
    const clock = planeFixture().clock
    const inner = memoryStore({ clock })
    let hangs = false
    const store = new Proxy(inner, {
      get: (from, name: keyof typeof inner) =>
        hangs && typeof from[name] === 'function' && name !== 'watch' && name !== 'list' ? never : from[name],
    })
    const first = planeFixture()
    const fixture = planeFixture({ beside: { ...first, clock, store } })
    const { plane, registry } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await clock.advance(1000)
    expect(plane.health().leading).toBe(true)
    hangs = true
    await clock.advance(29_000)
    expect(plane.health()).toMatchObject({ leading: false, faults: [{ part: 'store' }] })
    await expect(inTime(fixture, plane.get('digits'))).rejects.toMatchObject({ code: 'store-unavailable' })
    await clock.advance(10 * 60_000)
    hangs = false
    await clock.advance(10_000)
    expect(plane.health()).toMatchObject({ leading: true, faults: [] })
    await inTime(fixture, plane.stop())
  })
})

describe('a plane that is stopped with drainMs', () => {
  it.each<[string, Partial<ControlPlaneOptions>]>([
    ['the audit log', { audit: { ...planeFixture().audit, append: never, close: never } }],
    ['a policy', { policies: [{ name: 'slow', actions: ['promote'], decide: never, close: never }] }],
    ['the closing of a provider', { providers: { p: { ...memoryProvider({}), close: never } } }],
  ])('ends in that time although %s hangs', async (_what, options) => {
    const fixture = planeFixture({ plane: options })
    const { plane, clock, registry } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    let stopped = false
    void plane.stop({ drainMs: 2000 }).then(() => {
      stopped = true
    })
    await clock.advance(2000)
    expect(stopped).toBe(true)
  })

  it('ends in that time although a request is under way at a backend that hangs', async () => {
    let closed = (): void => {}
    const hanging = {
      ...memoryProvider({ infer: never }),
      // A pool that is closed waits for its requests.
      close: () => new Promise<void>((resolve) => (closed = resolve)),
    }
    const fixture = planeFixture({ plane: { connect: { memory: () => hanging } } })
    const { plane, clock } = fixture
    await serving(fixture)
    await plane.apply(route(), { actor: ann })
    await clock.advance(100)
    void plane.router.infer('digits', { kind: 'tensors', inputs: [] }).catch(() => {})
    await clock.advance(10)
    let stopped = false
    void plane.stop({ drainMs: 200 }).then(() => {
      stopped = true
    })
    await clock.advance(200)
    expect(stopped).toBe(true)
    closed()
  })

  it('ends in that time although everything hangs at once', async () => {
    const { fixture } = withBlackHole({
      audit: { ...planeFixture().audit, append: never, close: never },
      providers: { p: { ...memoryProvider({}), close: never } },
    })
    const { plane, clock, target, store } = fixture
    await startOnBlack(fixture, 4)
    await clock.advance(1000)
    target.standDown = never
    ;(store as { releaseLease: unknown }).releaseLease = never
    let stopped = false
    void plane.stop({ drainMs: 3000 }).then(() => {
      stopped = true
    })
    await clock.advance(3000)
    expect(stopped).toBe(true)
  })

  it('gives the lease back although a call hangs', async () => {
    const { fixture } = withBlackHole()
    const { plane, clock, store } = fixture
    await startOnBlack(fixture, 1)
    await clock.advance(1000)
    store.close = async () => {}
    await Promise.all([plane.stop({ drainMs: 1000 }), clock.advance(1000)])
    expect(await store.acquireLease('modelspine', 'next', 1000)).not.toBeNull()
  })

  it.each([
    ['a run that ignores its abort', 10_000, {}],
    ['a run that ignores its abort', 1000, {}],
    ['a run that ignores its abort', 0, {}],
    ['a target that never stands down', 10_000, { standDown: never }],
    ['a target that never stands down', 1000, { standDown: never }],
    ['an audit log that hangs', 10_000, { append: never }],
  ] as const)(
    'stands the targets down and gives the lease back before the store closes, despite %s: %i ms',
    async (_what, drainMs, hung: { standDown?: () => Promise<never>; append?: () => Promise<never> }) => {
      const first = planeFixture()
      const said: string[] = []
      const target: DeploymentTarget = {
        ...first.target,
        observe: never,
        standDown: async () => {
          said.push('stood down')
          return hung.standDown?.()
        },
      }
      const store = {
        ...first.store,
        releaseLease: async (...call: Parameters<typeof first.store.releaseLease>) => {
          await first.store.releaseLease(...call)
          said.push(`released ${call[0].name}`)
        },
        close: async () => void said.push('closed'),
      }
      const audit = { ...first.audit, ...(hung.append !== undefined && { append: hung.append }) }
      const fixture = planeFixture({ beside: first, plane: { targets: { local: target }, store, audit } })
      const { plane, clock, registry } = fixture
      await registerVersions(registry, '1')
      await plane.apply(digits('1'), { actor: ann })
      await plane.start()
      await clock.advance(500)
      void plane.stop({ drainMs }).then(() => said.push('stopped'))
      for (let passed = 0; passed < Math.max(drainMs, 1100); passed += 10) await clock.advance(10)
      expect(said).toEqual([
        'stood down',
        'released modelspine',
        'released modelspine-audit',
        'closed',
        'stopped',
      ])
      expect(clock.pendingTimers).toBe(0)
    },
  )

  it('gives a borrowed lease back before the store closes', async () => {
    const first = planeFixture()
    const said: string[] = []
    const store = {
      ...first.store,
      releaseLease: async (...call: Parameters<typeof first.store.releaseLease>) => {
        await first.store.releaseLease(...call)
        said.push(`released ${call[0].name}`)
      },
      close: async () => void said.push('closed'),
    }
    const target = { ...first.target, observe: never }
    const { plane, clock, registry } = planeFixture({
      beside: first,
      plane: { targets: { local: target }, store },
    })
    await registerVersions(registry, '1')
    await plane.apply(digits('1'), { actor: ann })
    const once = plane.reconcileOnce('digits').catch((error: { code: string }) => error.code)
    await clock.advance(500)
    void plane.stop({ drainMs: 5000 })
    for (let passed = 0; passed < 5000; passed += 10) await clock.advance(10)
    expect(said).toEqual(['released modelspine-audit', 'released modelspine', 'closed'])
    expect(await once).toBe('aborted')
    expect(clock.pendingTimers).toBe(0)
  })
})
