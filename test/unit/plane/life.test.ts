import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { openInferenceProvider } from '../../../adapters/open-inference/index.ts'
import type { DeploymentTarget } from '../../../src/deployment-target/contract.ts'
import {
  type ControlPlaneOptions,
  createControlPlane,
  ModelspineError,
  memoryAuditLog,
  memoryRegistry,
  memoryStore,
  memoryTarget,
} from '../../../src/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import type { DeploymentStatus } from '../../../src/resources/deployment/deployment-status.ts'
import type { StateStore } from '../../../src/store/contract.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { serveLoopback } from '../../loopback.ts'
import { ledgerOf } from '../../status.ts'
import {
  actionsOf,
  ann,
  digits,
  inTime,
  planeFixture,
  registerVersions,
  route,
  serving,
} from './plane-fixture.ts'

/** A store whose reads fail with `code` while `when` is true. */
function failing(
  code: 'store-full' | 'store-corrupt' | 'store-unavailable',
  when: () => boolean,
): StateStore {
  const store = memoryStore({ clock: createFakeClock() })
  const fail = (): void => {
    if (when()) throw new ModelspineError(code, `it is ${code}`)
  }
  return {
    ...store,
    async *list(kind) {
      fail()
      yield* store.list(kind)
    },
    async get(kind, key) {
      fail()
      return store.get(kind, key)
    },
  }
}

describe('a plane', () => {
  it('opens, reads and schedules nothing before its first call', () => {
    const clock = createFakeClock()
    const store = new Proxy(memoryStore({ clock }), {
      get: (_target, name) => {
        if (name === 'capabilities') return { durable: false, shared: false, fencing: 'granted' }
        throw new Error(`${String(name)} was used`)
      },
    })
    createControlPlane({ clock, store })
    expect(clock.pendingTimers).toBe(0)
  })

  it.each<[string, Partial<ControlPlaneOptions>]>([
    ['leaseMs is 0', { leaseMs: 0 }],
    ['leaseMs is NaN', { leaseMs: Number.NaN }],
    ['resyncMs is Infinity', { resyncMs: Number.POSITIVE_INFINITY }],
    ['timeouts.policyMs is -1', { timeouts: { policyMs: -1 } }],
    ['timeouts.observeMs is 0', { timeouts: { observeMs: 0 } }],
    ['timeouts.storeMs is 3000000000', { timeouts: { storeMs: 3_000_000_000 } }],
    ['concurrency is 1.5', { concurrency: 1.5 }],
    ['pace.resyncsPerSecond is 0', { pace: { resyncsPerSecond: 0 } }],
    ['pace.longestResyncMs is 0', { pace: { longestResyncMs: 0 } }],
    ['pace.resolveLifeMs is -1', { pace: { resolveLifeMs: -1 } }],
    ['pace.togetherMs is NaN', { pace: { togetherMs: Number.NaN } }],
    ['pace.mostTogether is 1.5', { pace: { mostTogether: 1.5 } }],
    ['rates.targets.prod is a rate', { rates: { targets: { prod: { perSecond: 1 } } } }],
    [
      'rates.registries.models.perSecond is 0',
      { registries: { models: memoryRegistry() }, rates: { registries: { models: { perSecond: 0 } } } },
    ],
    [
      'rates.targets.local.burst is 0.5',
      { targets: { local: memoryTarget() }, rates: { targets: { local: { perSecond: 1, burst: 0.5 } } } },
    ],
    [
      'metrics.plane is a source',
      {
        metrics: {
          plane: {
            capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
            query: () => ({ kind: 'no-data' }),
          },
        },
      },
    ],
  ])('is refused with the name of the option and a valid value: %s', (said, options) => {
    expect(() => createControlPlane(options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    expect(() => createControlPlane(options)).toThrow(`${said}: give `)
  })

  it.each([
    [{ targts: {} }, 'targts is not an option. Did you mean "targets"?'],
    [{ timeouts: { observe: 3 } }, 'timeouts.observe is not an option. Did you mean "observeMs"?'],
    [{ pace: { perSecond: 5 } }, 'pace.perSecond is not an option. '],
    [{ rates: { providers: {} } }, 'rates.providers is not an option. '],
    [{ routing: { maxInFlight: 3 } }, 'routing.maxInFlight is not an option. '],
    [{ registries: [memoryRegistry()] }, 'registries is a list: give an object'],
    [{ targets: { vendor: {} } }, 'targets.vendor is an object: give an object with the method observe'],
    [
      { targets: { vendor: memoryTarget } },
      'targets.vendor is a function: give an object with the method observe',
    ],
    [
      { registries: { models: {} } },
      'registries.models is an object: give an object with the method resolve',
    ],
    [{ providers: { echo: () => {} } }, 'providers.echo is a function: give an object'],
    [{ connect: { echo: {} } }, 'connect.echo is an object: give a function'],
    [{ policies: [{ name: 'x' }] }, 'policies.0 is an object: give an object with the method decide'],
    [{ metrics: { prom: {} } }, 'metrics.prom is an object: give an object with the method query'],
    [{ secrets: { env: 'sk-plain' } }, 'secrets.env is a string: give an object with the method resolve'],
  ])('is refused when it does not exist, or is no part: %j', (options, message) => {
    expect(() => createControlPlane(options as object)).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
    )
  })

  it('starts once although start is called several times', async () => {
    const fixture = planeFixture()
    const { plane, store } = fixture
    let watches = 0
    const watched = planeFixture({
      beside: fixture,
      plane: {
        store: {
          ...store,
          watch: (abortSignal) => {
            watches += 1
            return store.watch(abortSignal)
          },
        },
      },
    })
    await Promise.all([watched.plane.start(), watched.plane.start()])
    await watched.plane.start()
    await fixture.clock.advance(5000)
    expect(watches).toBe(1)
    await watched.plane.stop()
    await plane.stop()
  })

  it('fails to start with the store’s error, and starts once the store works again', async () => {
    let corrupt = true
    const { plane, clock } = planeFixture({ plane: { store: failing('store-corrupt', () => corrupt) } })
    await expect(plane.start()).rejects.toMatchObject({ code: 'store-corrupt' })
    expect(plane.health()).toMatchObject({
      leading: false,
      faults: [{ part: 'store', reason: 'StoreCorrupt' }],
    })
    corrupt = false
    await plane.start()
    await clock.advance(10)
    expect(plane.health()).toMatchObject({ leading: true })
    await plane.stop()
  })

  it('stops once although stop is called several times, and every call waits for the end', async () => {
    let closed = 0
    const { plane, clock } = planeFixture({
      plane: {
        audit: {
          ...memoryAuditLog(),
          close: async () => {
            closed += 1
          },
        },
      },
    })
    await plane.start()
    await clock.advance(10)
    const stops = [plane.stop(), plane.stop()]
    await stops[1]
    expect(closed).toBe(1)
    await plane.stop()
    expect(closed).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('can be stopped before it is started and while it starts', async () => {
    const one = planeFixture()
    await one.plane.stop()
    await expect(one.plane.start()).rejects.toMatchObject({ code: 'stopped' })
    const other = planeFixture()
    const starting = other.plane.start()
    await other.plane.stop()
    await starting.catch(() => {})
    await other.clock.advance(60_000)
    expect(other.clock.pendingTimers).toBe(0)
    expect(other.plane.health().leading).toBe(false)
  })

  it('refuses every change once it is stopped', async () => {
    const { plane } = planeFixture()
    await plane.apply(digits('1'), { actor: ann })
    await plane.stop()
    const calls = [
      () => plane.apply(digits('2'), { actor: ann }),
      () => plane.delete('digits', { actor: ann }),
      () => plane.pause('digits', { actor: ann }),
      () => plane.reconcileOnce('digits'),
      () => plane.start(),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'stopped' })
  })

  it('lets running work finish within drainMs, and interrupts the work after that', async () => {
    let interrupted = false
    let finish = (): void => {}
    const slow = (target: DeploymentTarget): DeploymentTarget => ({
      ...target,
      apply: (key, want, options) =>
        new Promise((resolve, reject) => {
          finish = () => resolve(target.apply(key, want, options))
          options.abortSignal?.addEventListener('abort', () => {
            interrupted = true
            reject(new Error('the socket was closed'))
          })
        }),
    })
    const patient = planeFixture()
    const { plane, registry, clock, world } = planeFixture({
      beside: patient,
      plane: { targets: { local: slow(patient.target) } },
    })
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(1000)
    const stopping = plane.stop({ drainMs: 5000 })
    await clock.advance(3900)
    expect(interrupted).toBe(false)
    finish()
    await clock.advance(0)
    await stopping
    expect(world.journal.map(({ kind }) => kind)).toEqual(['created'])
    expect(interrupted).toBe(false)

    const hasty = planeFixture()
    const other = planeFixture({
      beside: hasty,
      plane: { targets: { local: slow(hasty.target) }, store: { ...hasty.store, close: async () => {} } },
    })
    await registerVersions(other.registry, '1')
    await other.plane.start()
    await other.plane.apply(digits('1'), { actor: ann })
    await other.clock.advance(1000)
    const before = await other.store.get('ModelDeployment', 'default/digits')
    const ending = other.plane.stop({ drainMs: 5000 })
    await other.clock.advance(5001)
    await ending
    expect(interrupted).toBe(true)
    // An interruption is not a fault of the deployment, so the plane writes nothing about it.
    expect(ledgerOf(before?.status as DeploymentStatus | undefined)).toMatchObject({ kind: 'create' })
    expect(await other.store.get('ModelDeployment', 'default/digits')).toEqual(before)
  })

  it('carries the audit events before it gives the lease back, but does not wait for a log that hangs', async () => {
    const fixture = planeFixture()
    await serving(fixture)
    await fixture.plane.pause('digits', { actor: ann })
    await fixture.plane.stop()
    expect((await actionsOf(fixture)).at(-1)).toBe('rollout-paused')

    const hanging = planeFixture({
      plane: { audit: { ...memoryAuditLog(), append: () => new Promise(() => {}) } },
    })
    await serving(hanging)
    const beganMs = hanging.clock.now()
    await inTime(hanging, hanging.plane.stop({ drainMs: 3000 }))
    expect(hanging.clock.now() - beganMs).toBeLessThanOrEqual(3200)
  })

  it('stops by its drainMs while a request hangs at its upstream', async () => {
    const upstream = await serveLoopback(() => {})
    const vendor = openInferenceProvider({ baseUrl: upstream.url })
    const fixture = planeFixture({ plane: { providers: { vendor } } })
    await fixture.plane.start()
    const backends = [{ provider: 'vendor', model: 'm' }]
    await fixture.plane.apply(route('digits', { timeout: '8s', backends }), { actor: ann })
    await fixture.clock.advance(100)
    const came = once(upstream.server, 'request')
    const call = fixture.plane.router.infer('digits', { kind: 'tensors', inputs: [] })
    const failed = call.then(
      () => 'answered',
      (error) => error.code,
    )
    await came
    const beganMs = fixture.clock.now()
    await inTime(fixture, fixture.plane.stop({ drainMs: 200 }))
    expect(fixture.clock.now() - beganMs).toBeLessThan(1000)
    await upstream.close()
    expect(await failed).not.toBe('answered')
  })

  it('closes each of its parts once, even when one part cannot be closed', async () => {
    const closed: string[] = []
    const closing = (name: string) => async (): Promise<void> => void closed.push(name)
    const shared = { ...memoryProvider({}), close: closing('provider') }
    const clock = createFakeClock()
    const plane = createControlPlane({
      clock,
      store: { ...memoryStore({ clock }), close: closing('store') },
      audit: { ...memoryAuditLog(), close: closing('audit') },
      providers: { one: shared, two: shared },
      targets: {
        broken: {
          ...planeFixture().target,
          close: async () => {
            throw new Error('it is stuck')
          },
        },
      },
    })
    await expect(plane.stop()).rejects.toThrow('it is stuck')
    expect(closed).toEqual(['provider', 'audit', 'store'])
  })

  it('keeps its process alive only from start to stop', async () => {
    const held = new Set<object>()
    const clock = createFakeClock()
    const counting = {
      ...clock,
      schedule(delayMs: number, run: () => void, keepAlive?: boolean) {
        const entry = {}
        if (keepAlive === true) held.add(entry)
        const timer = clock.schedule(delayMs, () => {
          held.delete(entry)
          run()
        })
        return {
          cancel: () => {
            held.delete(entry)
            timer.cancel()
          },
        }
      },
    }
    const plane = createControlPlane({ clock: counting })
    expect(held.size).toBe(0)
    await plane.start()
    await clock.advance(10)
    expect(held.size).toBeGreaterThan(0)
    await plane.stop()
    expect(held.size).toBe(0)
  })
})
