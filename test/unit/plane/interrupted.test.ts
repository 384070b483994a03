import { describe, expect, it } from 'vitest'
import type { ControlPlaneOptions } from '../../../src/index.ts'
import type { MetricSource } from '../../../src/telemetry/contract.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from './plane-fixture.ts'

/** Gives no answer, and rejects when the abortSignal aborts. */
function untilAborted(abortSignal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    abortSignal?.addEventListener('abort', () => reject(abortSignal.reason))
  })
}

/** A plane that may be stopped and whose store can be read afterwards. */
function stoppable(options: Partial<ControlPlaneOptions> = {}): PlaneFixture {
  const first = planeFixture()
  return planeFixture({
    beside: first,
    plane: { store: { ...first.store, close: async () => {} }, ...options },
  })
}

async function stopNow({ plane, clock }: PlaneFixture): Promise<void> {
  await Promise.all([plane.stop({ drainMs: 0 }), clock.advance(1)])
}

describe('a look that is interrupted', () => {
  it('while the registry is asked writes nothing about the registry', async () => {
    const fixture = stoppable()
    const { plane, registry, store, clock } = fixture
    await serving(fixture)
    await clock.advance(1000)
    const resolve = registry.resolve.bind(registry)
    registry.resolve = (_reference, options) => untilAborted(options?.abortSignal)
    await clock.advance(70_000)
    const before = await store.get('ModelDeployment', 'default/digits')
    await stopNow(fixture)
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    registry.resolve = resolve
    expect(plane.health().leading).toBe(false)
  })

  it('while a gate is read at its end does not hold the rollout or turn it back', async () => {
    let asked = 0
    let hangs = true
    const source: MetricSource = {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      query: ({ abortSignal, interval }) => {
        asked += 1
        return hangs && interval.toMs - interval.fromMs >= 10_000
          ? untilAborted(abortSignal)
          : { kind: 'ratio', hits: 1, total: 100, covered: interval }
      },
    }
    const fixture = stoppable({ metrics: { prom: source } })
    const { plane, registry, clock, phase, store } = fixture
    await serving(fixture)
    await registerVersions(registry, '2')
    await plane.apply(
      digits('2', {
        strategy: { canary: { steps: [{ weight: 10 }, { analyze: ['errors'], for: '10s' }] } },
        analysis: [
          { name: 'errors', metric: 'errors', source: 'prom', pass: { atMost: 0.1 }, onError: 'fail' },
        ],
      }),
      { actor: ann },
    )
    await clock.advance(15_000)
    expect(asked).toBeGreaterThan(1)
    expect(await phase()).toBe('analyzing')
    const before = await store.get('ModelDeployment', 'default/digits')
    await stopNow(fixture)
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    hangs = false
    const next = planeFixture({ beside: fixture, plane: { metrics: { prom: source } } })
    await next.plane.start()
    await next.until(async () => (await next.phase()) === 'converged')
    expect((await next.plane.get('digits'))?.status?.last?.outcome).toBe('completed')
    await next.plane.stop()
  })

  it('while a policy is asked creates no revision and does not block the rollout', async () => {
    const fixture = stoppable({
      policies: [
        {
          name: 'slow',
          actions: ['promote'],
          decide: (_request, options) => untilAborted(options?.abortSignal),
        },
      ],
      timeouts: { policyMs: 1_000_000 },
    })
    const { plane, registry, store, clock, world } = fixture
    await registerVersions(registry, '1')
    await plane.start()
    await plane.apply(digits('1'), { actor: ann })
    await clock.advance(5000)
    const before = await store.get('ModelDeployment', 'default/digits')
    await stopNow(fixture)
    expect(await store.get('ModelDeployment', 'default/digits')).toEqual(before)
    expect(world.journal).toEqual([])
  })
})
