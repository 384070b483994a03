import { describe, expect, it } from 'vitest'
import { ModelspineError } from '../../../../src/errors.ts'
import type { MetricSource } from '../../../../src/telemetry/contract.ts'
import { here, splitIn } from '../../../status.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from '../plane-fixture.ts'
import { dropByHand } from './targets-by-hand.ts'

const canary = {
  strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '5m' }] } },
  analysis: [{ name: 'errors', metric: 'x.errors', source: 'prom', pass: { atMost: 0.01 } }],
  deadline: '10m',
} as const

interface Scene extends PlaneFixture {
  /** From now on every request to the candidate fails. */
  failAll(): void
}

/** A canary at 50 % whose gate has no data yet. */
async function analyzing(): Promise<Scene> {
  const base = planeFixture()
  let failing = false
  const prom: MetricSource = {
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query: async ({ interval }) =>
      failing
        ? { kind: 'ratio', hits: 1000, total: 1000, covered: interval }
        : { kind: 'no-data', covered: interval },
  }
  const fixture = planeFixture({
    beside: base,
    plane: { targets: { local: base.target }, metrics: { prom } },
  })
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  await fixture.plane.apply(digits('2', canary), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'analyzing')
  return {
    ...fixture,
    target: base.target,
    failAll() {
      failing = true
    },
  }
}

async function weights({ plane }: PlaneFixture): Promise<readonly number[]> {
  return splitIn((await plane.get('digits'))?.status).map(({ weight }) => weight)
}

async function untilHome(fixture: PlaneFixture): Promise<number> {
  const begunMs = fixture.clock.now()
  await fixture.until(async () => (await weights(fixture)).join() === '100', 600_000)
  return fixture.clock.now() - begunMs
}

const away: Readonly<Record<string, (fixture: PlaneFixture) => void>> = {
  'its target fails': ({ target }) => {
    target.observe = async () => {
      throw new ModelspineError('target-unavailable', '503')
    }
  },
  'its target hangs': ({ target }) => {
    target.observe = () => new Promise(() => {})
  },
  'its registry fails': ({ registry }) => {
    registry.resolve = async () => {
      throw new ModelspineError('registry-unavailable', '503', { retryAfterMs: 7_200_000 })
    }
  },
  'its registry hangs': ({ registry }) => {
    registry.resolve = () => new Promise(() => {})
  },
}

describe('a canary', () => {
  it.each(Object.keys(away))('loses its traffic as soon as a gate fails, although %s', async (what) => {
    const fixture = await analyzing()
    away[what]?.(fixture)
    await fixture.clock.advance(30_000)
    fixture.failAll()
    // The gates are asked every 10 s, and the clock moves in steps of 50 ms.
    expect(await untilHome(fixture)).toBeLessThanOrEqual(10_050)
    const { status } = (await fixture.plane.get('digits')) ?? {}
    expect(status?.rollout).toMatchObject({ phase: 'rolling-back', cause: 'GateFailed' })
  })

  it.each(Object.keys(away))('loses its traffic in the same write as an abort, although %s', async (what) => {
    const fixture = await analyzing()
    away[what]?.(fixture)
    await fixture.clock.advance(30_000)
    await fixture.plane.abort('digits', { actor: ann })
    expect(await weights(fixture)).toEqual([100])
  })

  it('is turned back at its deadline while its target fails', async () => {
    const fixture = await analyzing()
    const { rollout } = (await fixture.plane.get('digits'))?.status ?? {}
    const candidate = rollout !== undefined && 'revision' in rollout ? rollout.revision : ''
    fixture.world.hold(candidate, { state: 'unready', reason: 'ProbeFailing' })
    await fixture.clock.advance(15_000)
    away['its target fails']?.(fixture)
    await fixture.clock.advance(9 * 60_000)
    expect(await weights(fixture)).toEqual([50, 50])
    await fixture.clock.advance(60_000)
    expect(await weights(fixture)).toEqual([100])
  })

  it('gives no traffic to a stable revision that was not ready when it was seen last', async () => {
    const fixture = await analyzing()
    const stable = (await fixture.plane.get('digits'))?.status?.stable ?? ''
    fixture.world.hold(stable, { state: 'unready', reason: 'ProbeFailing' })
    await fixture.clock.advance(15_000)
    away['its target fails']?.(fixture)
    fixture.failAll()
    await fixture.clock.advance(60_000)
    expect(await weights(fixture)).toEqual([50, 50])
    expect((await fixture.plane.get('digits'))?.status?.rollout.phase).toBe('rolling-back')
  })

  it('is kept safe by a plane that no longer has its metric source', async () => {
    const fixture = await analyzing()
    const { store, audit } = fixture
    store.close = async () => {}
    audit.close = async () => {}
    await fixture.plane.stop()
    const other = planeFixture({ beside: fixture, plane: { targets: { local: fixture.target } } })
    await other.plane.start()
    await other.clock.advance(20_000)
    const stable = (await other.plane.get('digits'))?.status?.stable ?? ''
    // A lost stable revision is created again, although nothing may begin.
    const created = other.world.created
    dropByHand(other.world, stable)
    await other.clock.advance(120_000)
    expect(other.world.created).toBe(created + 1)
    await other.clock.advance(6 * 60_000)
    expect(await other.phase()).toBe('holding')
    await other.plane.abort('digits', { actor: ann })
    await other.until(async () => (await other.phase()) === 'failed')
    expect(await weights(other)).toEqual([100])
    expect(here((await other.plane.get('digits'))?.status).revisions).toHaveLength(1)
  })
})

describe('a registry that says when to come back', () => {
  it('postpones only its own look-up', async () => {
    const fixture = await analyzing()
    let asked = 0
    fixture.registry.resolve = async () => {
      asked += 1
      throw new ModelspineError('registry-unavailable', '503', { retryAfterMs: 7_200_000 })
    }
    await fixture.clock.advance(3_600_000)
    expect(asked).toBe(1)
    const explained = await fixture.plane.explain('digits')
    expect(explained.phase).toBe('holding')
  })
})
