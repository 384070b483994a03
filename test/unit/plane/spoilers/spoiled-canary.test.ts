import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../src/clock.ts'
import type { MetricSource } from '../../../../src/index.ts'
import type { GateResult } from '../../../../src/resources/index.ts'
import { restingStrategy, weightedStrategy } from '../../../../src/routing/index.ts'
import { createFakeClock } from '../../../../src/testing/fake-clock.ts'
import { splitIn } from '../../../status.ts'
import { ann } from '../plane-fixture.ts'
import { type CanaryScene, canary, leavingAlone, stickingTo } from './canary-scene.ts'

const minuteMs = 60_000

const errors = {
  strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '1m' }] } },
  analysis: [{ name: 'errors', metric: 'requests.errors', pass: { noWorseThan: 'stable', by: 0.04 } }],
} as const

const accuracy = {
  strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['accuracy'], for: '10m' }] } },
  analysis: [{ name: 'accuracy', metric: 'labels.accuracy', pass: { noWorseThan: 'stable', by: 0.1 } }],
} as const

const weights = async ({ plane }: CanaryScene): Promise<string> =>
  splitIn((await plane.get('digits'))?.status)
    .map(({ weight }) => weight)
    .sort()
    .join()

/** People and programs are told in four places, and the rollout waits for a person with its split as it was. */
async function isHeldFor(scene: CanaryScene, spoiled: GateResult['spoiled'], words: string): Promise<void> {
  const { phase, waitsFor, gates, conditions } = await scene.explained()
  expect(phase).toBe('holding')
  expect(await weights(scene)).toBe('50,50')
  const told = { verdict: 'error', conclusive: false, spoiled, message: expect.stringContaining(words) }
  expect(await scene.gate(gates[0]?.gate.name ?? '')).toMatchObject(told)
  expect(gates).toMatchObject([{ result: told }])
  expect(waitsFor).toContain('promote')
  const progressing = { type: 'Progressing', reason: 'AnalysisInconclusive', message: told.message }
  expect(conditions).toContainEqual(expect.objectContaining(progressing))
  expect(await scene.told('rollout-held')).toMatchObject([
    { details: { message: told.message, gates: [told] } },
  ])
  expect(await scene.told('rollout-rolled-back')).toEqual([])
}

/** With the cause gone, the step is measured once more, and promotes. */
async function goesOn(scene: CanaryScene, forMs: number, perSecond: number): Promise<void> {
  await scene.plane.resume('digits', { actor: ann })
  await scene.traffic(forMs, perSecond)
  await scene.until(async () => (await scene.phase()) === 'converged', 30_000)
}

describe('a split that does not fit', () => {
  it('is named when callers stay with the stable revision, and the canary goes on without them', async () => {
    const sticks = { part: 0.15 }
    const scene = await canary({ spec: errors, plane: { routing: { strategy: stickingTo(sticks) } } })
    scene.server = (_, chance) => chance() > 0.01
    await scene.traffic(50_000, 50)
    expect(await scene.phase()).toBe('analyzing')
    expect((await scene.explained()).conditions).toContainEqual(
      expect.objectContaining({ reason: 'Analyzing', message: expect.stringContaining('cannot be judged') }),
    )
    await scene.traffic(15_000, 50)
    await isHeldFor(scene, 'split', 'but the split gives it 50 %; so something else than chance chose')
    sticks.part = 0
    await goesOn(scene, minuteMs, 50)
  })

  it('is named when no request comes to the candidate at all', async () => {
    const scene = await canary({
      spec: errors,
      plane: { routing: { strategy: stickingTo({ part: 1 }) } },
    })
    await scene.traffic(65_000, 10)
    await isHeldFor(scene, 'split', 'the candidate got 0 of ')
  })

  it('is named for a gate on labels, too', async () => {
    const scene = await canary({
      spec: accuracy,
      plane: { routing: { strategy: stickingTo({ part: 0.3 }) } },
    })
    scene.labeller = () => ({ afterMs: 0, right: true })
    await scene.traffic(11 * minuteMs, 2)
    await isHeldFor(scene, 'split', 'but the split gives it 50 %')
  })

  it('is named when a strategy leaves a revision alone after its failures', async () => {
    const clock = createFakeClock({ seed: 7 })
    const strategy = leavingAlone(clock, 2000)
    const scene = await canary({ spec: errors, clock, plane: { routing: { strategy } } })
    scene.server = (ofCandidate, chance) => !ofCandidate || chance() > 0.05
    await scene.traffic(65_000, 50)
    await isHeldFor(scene, 'split', 'a revision that was full or left alone')
  })

  it('is named when a revision is full', async () => {
    const scene = await canary({ spec: errors, plane: { routing: { maxInFlightPerUpstream: 5 } } })
    const { clock } = scene
    scene.server = async (ofCandidate) => {
      if (ofCandidate) await new Promise<void>((resolve) => void clock.schedule(900, resolve))
      return true
    }
    await scene.traffic(65_000, 20)
    await isHeldFor(scene, 'split', 'a revision that was full or left alone')
  })
})

describe('a stable revision that was measured under other conditions', () => {
  it('is named, and both are measured again from there', async () => {
    const restarted: { atMs?: number } = {}
    const shop: MetricSource = {
      capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
      async query({ labels: { revision }, interval }) {
        const fromMs = revision === scene.stable ? (restarted.atMs ?? 0) : 0
        const covered = { ...interval, fromMs: Math.max(fromMs, interval.fromMs) }
        return { kind: 'ratio', hits: 10, total: 1000, covered }
      },
    }
    const [gate] = errors.analysis
    const spec = {
      ...errors,
      analysis: [
        { ...gate, metric: 'shop.errors', source: 'shop', pass: { ...gate.pass, better: 'lower' as const } },
      ],
    }
    const scene: CanaryScene = await canary({ spec, plane: { metrics: { shop } } })
    await scene.clock.advance(20_000)
    expect(await scene.gate('errors')).toMatchObject({ verdict: 'pass' })
    // Its process begins to count anew, as after a restart.
    restarted.atMs = scene.clock.now()
    await scene.clock.advance(30_000)
    const told = {
      verdict: 'error',
      spoiled: 'window',
      message: expect.stringContaining('the two revisions were not measured over the same time'),
    }
    expect((await scene.explained()).gates).toMatchObject([{ result: told }])
    await scene.clock.advance(20_000)
    expect(await scene.phase()).toBe('analyzing')
    expect(await weights(scene)).toBe('50,50')
    await scene.until(async () => (await scene.phase()) === 'converged', 30_000)
    expect(scene.clock.now() - restarted.atMs).toBeGreaterThanOrEqual(minuteMs)
  })
})

describe('labels that come later for the candidate', () => {
  it.each([
    ['hours later, so that none has come', 180, "0 % of the candidate's requests have their signal"],
    ['a few minutes later', 4, 'signals that come later for one of them make it look different'],
  ])('are named when they come %s', async (_when, minutes, words) => {
    const scene = await canary({ spec: accuracy })
    const late = { byMs: minutes * minuteMs }
    scene.labeller = (ofCandidate) => ({ afterMs: ofCandidate ? late.byMs : minuteMs, right: true })
    await scene.traffic(11 * minuteMs, 1)
    await isHeldFor(scene, 'labels', words)
    late.byMs = minuteMs
    await goesOn(scene, 10 * minuteMs, 1)
  })
})

describe('requests that are retried at the other revision', () => {
  it('are named when only they make the candidate look as good as the stable revision', async () => {
    const scene = await canary({ spec: errors })
    const world = { poison: 0.1, failed: false }
    // What the candidate cannot answer comes to the stable revision next, which cannot answer it either.
    scene.server = (ofCandidate, chance) => {
      const failsAgain = !ofCandidate && world.failed
      world.failed = ofCandidate && chance() < world.poison
      return !failsAgain && !world.failed && (ofCandidate || chance() > 0.01)
    }
    await scene.traffic(65_000, 100)
    await isHeldFor(scene, 'retries', 'are of requests that the other revision had failed before')
    world.poison = 0.01
    await goesOn(scene, minuteMs, 50)
  })

  it('do not hide a candidate that fails more requests', async () => {
    const scene = await canary({ spec: errors })
    scene.server = (ofCandidate, chance) => chance() > (ofCandidate ? 0.2 : 0.01)
    await scene.traffic(65_000, 50)
    expect(await scene.phase()).toBe('failed')
  })
})

describe('an undisturbed canary', () => {
  it('is decided by its gate when upstreams rest after their failures', async () => {
    const clock = createFakeClock({ seed: 7 })
    const strategy = restingStrategy(weightedStrategy(seededRandom(3)), { clock })
    const scene = await canary({ spec: errors, clock, plane: { routing: { strategy } } })
    scene.server = (ofCandidate, chance) => chance() > (ofCandidate ? 0.15 : 0.01)
    await scene.traffic(50_000, 50)
    expect(await scene.told('rollout-rolled-back')).toMatchObject([{ details: { cause: 'GateFailed' } }])
    expect(await scene.told('rollout-held')).toEqual([])
  })

  it('names no spoiler, with as much noise as is usual', async () => {
    const spec = {
      strategy: { canary: { steps: [{ weight: 50 }, { analyze: ['errors', 'accuracy'], for: '1m' }] } },
      analysis: [...errors.analysis, ...accuracy.analysis],
    } as const
    const scene = await canary({ spec, plane: { routing: { strategy: stickingTo({ part: 0.01 }) } } })
    const random = seededRandom(5)
    scene.server = (_, chance) => chance() > 0.005
    scene.labeller = (ofCandidate) =>
      random() < (ofCandidate ? 0.5 : 0.51) ? { afterMs: 2000 * random(), right: random() < 0.9 } : undefined
    const seen = new Set<unknown>()
    for (let second = 0; second < minuteMs; second += 1000) {
      await scene.traffic(1000, 50)
      for (const { result } of (await scene.explained()).gates) seen.add(result?.spoiled)
    }
    expect([...seen]).toEqual([undefined])
    await scene.until(async () => (await scene.phase()) === 'converged', 30_000)
  })
})
