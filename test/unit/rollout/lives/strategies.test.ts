import { describe, expect, it } from 'vitest'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import type { CanaryStep } from '../../../../src/resources/deployment/model-deployment.ts'
import { gateNamed, revisionFor, specWith } from '../machine/fixtures.ts'
import { deployed, heldBy, reach, sharesOf, statusOf, worldOf } from './story.ts'

const canary = (...steps: readonly CanaryStep[]): ReturnType<typeof specWith> =>
  specWith(
    { canary: { steps } },
    {
      analysis: [
        gateNamed('accuracy', { minSamples: 20 }),
        gateNamed('errors', { minSamples: 20, noData: 'fail', onError: 'fail' }),
      ],
    },
  )
const analyzed = canary({ weight: 5 }, { analyze: ['accuracy'], for: '2m' }, { weight: 50 })
const blueGreen = specWith(
  { blueGreen: { autoPromote: true, analyze: ['accuracy'], for: '1m', keepPrevious: '5m' } },
  { analysis: [gateNamed('accuracy', { minSamples: 20 })] },
)

describe('a first revision', () => {
  it('takes all traffic once it is ready, without the steps', async () => {
    const world = await worldOf(analyzed)
    await reach(world, 'starting')
    expect(statusOf(world).traffic).toEqual([])
    await reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v1: 100 })
    expect(conditionOf(statusOf(world).conditions, 'Ready')?.status).toBe('True')
  })

  it('leaves no revision and no split behind when it fails', async () => {
    const world = await worldOf(analyzed)
    world.broken.add(1)
    expect((await reach(world, 'failed')).cause).toBe('RevisionFailed')
    expect([heldBy(world), statusOf(world).traffic]).toEqual([[], []])
  })
})

describe('rolling', () => {
  it('moves in equal steps and removes the replaced revision', async () => {
    const world = await deployed(worldOf(specWith({ rolling: { step: 40, every: '30s' } })))
    world.version = 2
    const seen: unknown[] = []
    for (let round = 0; round < 60; round += 1) {
      const afterMs = await world.look()
      if (JSON.stringify(seen.at(-1)) !== JSON.stringify(sharesOf(world))) seen.push(sharesOf(world))
      await world.pass(afterMs ?? 1_000)
    }
    expect(seen).toEqual([{ v1: 100 }, { v1: 60, v2: 40 }, { v1: 20, v2: 80 }, { v2: 100 }])
    expect(heldBy(world)).toEqual([2])
  })
})

describe('a canary', () => {
  it('goes on when its gates pass at the end of the step', async () => {
    const world = await deployed(worldOf(analyzed))
    world.version = 2
    const { sinceMs } = await reach(world, 'analyzing')
    expect(sharesOf(world)).toEqual({ v1: 95, v2: 5 })
    await reach(world, 'retiring')
    expect(world.now - sinceMs).toBeGreaterThanOrEqual(120_000)
    await reach(world, 'converged')
    expect(heldBy(world)).toEqual([2])
  })

  it('is rolled back early when a gate fails conclusively, and at the end of the step when it only fails', async () => {
    for (const [mode, leastMs, mostMs] of [
      ['fail-early', 0, 20_000],
      ['fail', 120_000, 130_000],
    ] as const) {
      const world = await deployed(worldOf(analyzed))
      world.version = 2
      world.modes.set(2, mode)
      const { sinceMs } = await reach(world, 'analyzing')
      const back = await reach(world, 'rolling-back')
      expect(back.cause).toBe('GateFailed')
      expect(back.sinceMs - sinceMs).toBeGreaterThanOrEqual(leastMs)
      expect(back.sinceMs - sinceMs).toBeLessThanOrEqual(mostMs)
      await reach(world, 'failed')
      expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
    }
  })

  it.each(['no-data', 'too-few-samples', 'error'] as const)(
    'never counts the verdict %s as pass',
    async (mode) => {
      const held = await deployed(worldOf(analyzed))
      held.version = 2
      held.modes.set(2, mode)
      expect((await reach(held, 'holding')).gates[0]?.verdict).toBe(mode)
      const failed = await deployed(worldOf(canary({ weight: 5 }, { analyze: ['errors'], for: '1m' })))
      failed.version = 2
      failed.modes.set(2, mode)
      expect((await reach(failed, 'failed')).cause).toBe('GateInconclusive')
    },
  )

  it('measures the full time again after the metric source was restarted', async () => {
    const world = await deployed(worldOf(analyzed))
    world.version = 2
    await reach(world, 'analyzing')
    await world.pass(60_000)
    world.metricsSinceMs = world.now
    await reach(world, 'retiring')
    expect(world.now - world.metricsSinceMs).toBeGreaterThanOrEqual(120_000)
  })

  it('does not wait for ever for a metric source that never covers the whole interval', async () => {
    const world = await deployed(worldOf({ ...analyzed, deadline: '10m' }))
    world.version = 2
    const { sinceMs } = await reach(world, 'analyzing')
    for (let round = 0; round < 200 && statusOf(world).rollout.phase === 'analyzing'; round += 1) {
      world.metricsSinceMs = world.now - 60_000
      await world.pass((await world.look()) ?? 0)
    }
    expect(statusOf(world).rollout).toMatchObject({ phase: 'holding', gates: [{ verdict: 'no-data' }] })
    expect(world.now - sinceMs).toBeLessThan(15 * 60_000)
  })

  it('begins with the first step when other steps are declared', async () => {
    const world = await deployed(
      worldOf(canary({ weight: 10 }, { pause: '1m' }, { weight: 60 }, { pause: 'until-promoted' })),
    )
    world.version = 2
    while ((await reach(world, 'pausing')).untilMs !== undefined) await world.pass(30_000)
    await world.declare(canary({ analyze: ['accuracy'], for: '1m' }, { weight: 80 }))
    expect((await reach(world, 'analyzing')).step).toBe(0)
    expect(sharesOf(world)).toEqual({ v1: 40, v2: 60 })
    await reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v2: 100 })
  })
})

describe('blue-green', () => {
  it('switches all traffic at once, measures, and keeps the replaced revision for keepPrevious', async () => {
    const world = await deployed(worldOf(blueGreen))
    world.version = 2
    await reach(world, 'analyzing')
    expect([sharesOf(world), statusOf(world).stable]).toEqual([{ v2: 100 }, revisionFor(1, blueGreen).name])
    const { sinceMs } = await reach(world, 'retiring')
    expect(heldBy(world)).toEqual([1, 2])
    await reach(world, 'converged')
    expect(heldBy(world)).toEqual([2])
    expect(world.now - sinceMs).toBeGreaterThanOrEqual(300_000)
  })

  it('switches back when a gate fails after the switch', async () => {
    const world = await deployed(worldOf(blueGreen))
    world.version = 2
    world.modes.set(2, 'fail')
    await reach(world, 'failed')
    expect([sharesOf(world), heldBy(world)]).toEqual([{ v1: 100 }, [1]])
  })

  it('waits for promote before the switch when autoPromote is false', async () => {
    const spec = specWith({
      blueGreen: { autoPromote: false, analyze: [], for: '1m', keepPrevious: '0s' },
    })
    const world = await deployed(worldOf(spec))
    world.version = 2
    expect((await reach(world, 'pausing')).untilMs).toBeUndefined()
    expect(sharesOf(world)).toEqual({ v1: 100 })
    expect(await world.person({ kind: 'promote' })).toBe(true)
    await reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v2: 100 })
  })

  it('goes back to a kept revision without creating it again', async () => {
    const world = await deployed(worldOf(blueGreen))
    world.version = 2
    await reach(world, 'retiring')
    world.version = 1
    await reach(world, 'converged')
    expect(sharesOf(world)).toEqual({ v1: 100 })
    expect(world.witness.created.get(revisionFor(1, blueGreen).name)).toBe(1)
  })
})
