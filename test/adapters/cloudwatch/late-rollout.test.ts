import type { MetricSource } from 'modelspine/adapter'
import { createFakeClock } from 'modelspine/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ann,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  serving,
} from '../../unit/plane/plane-fixture.ts'
import { errors, minuteMs, type Scene, scene } from './scene.ts'

const stepMs = 3 * minuteMs
const delayMs = 3 * minuteMs
const strategy = { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '3m' }] } } as const
const gate = { name: 'errors', metric: 'errors', source: 'cloudwatch', pass: { atMost: 0.1 } } as const

interface Played extends PlaneFixture {
  readonly cloudwatch: Scene
  readonly revision: string
  readonly beganMs: number
  /** Lets time pass, and each query be answered at the time at which it was asked. */
  pass(ms: number, each?: () => void): Promise<void>
}

/** A canary in analysis. Its gate reads what arrives at CloudWatch three minutes late. */
async function inAnalysis(): Promise<Played> {
  // Within a period, as rollouts are.
  const clock = createFakeClock({ startMs: Date.UTC(2026, 10, 29, 12, 0, 17) })
  const cloudwatch = await scene({ metrics: { errors } }, { clock, lateMs: delayMs })
  let open = 0
  const counted: MetricSource = {
    capabilities: (metric) => cloudwatch.source.capabilities(metric),
    async query(query) {
      open += 1
      try {
        return await cloudwatch.source.query(query)
      } finally {
        open -= 1
      }
    },
  }
  const fixture = planeFixture({ clock, plane: { metrics: { cloudwatch: counted } } })
  onTestFinished(() => fixture.plane.stop())
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  await fixture.plane.apply(digits('2', { strategy, analysis: [gate] }), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'analyzing')
  const { rollout } = (await fixture.plane.get('digits'))?.status ?? {}
  if (rollout?.phase !== 'analyzing') throw new Error('it is not in analysis')
  return {
    ...fixture,
    cloudwatch,
    revision: rollout.revision,
    beganMs: rollout.sinceMs,
    async pass(ms, each) {
      for (let passed = 0; passed < ms; passed += 1000) {
        each?.()
        await clock.advance(1000)
        while (open > 0) await new Promise((resolve) => setImmediate(resolve))
        await clock.advance(0)
      }
    },
  }
}

describe('a rollout by numbers of CloudWatch that come three minutes late', () => {
  it('waits for the numbers of its whole step, and passes when they are good', async () => {
    const { cloudwatch, clock, pass, phase, revision, beganMs } = await inAnalysis()
    const invoke = (): void => cloudwatch.invoke(clock.now(), false, revision, 'default-digits')
    await pass(stepMs + delayMs - 5000, invoke)
    expect(clock.now()).toBeLessThan(beganMs + stepMs + delayMs)
    expect(await phase()).toBe('analyzing')
    await pass(minuteMs + 15_000, invoke)
    expect(await phase()).toBe('converged')
    const asked = cloudwatch.simulator.exchanges.map(({ input }) => input)
    expect(asked.length).toBeGreaterThan(0)
    for (const { StartTime, EndTime } of asked) {
      expect(Number(StartTime) * 1000).toBeGreaterThanOrEqual(beganMs)
      expect(Number(EndTime) * 1000).toBeLessThanOrEqual(clock.now() - delayMs)
    }
  })

  it('is turned back by what failed in the last minute of the step', async () => {
    const { cloudwatch, clock, pass, phase, plane, revision, beganMs } = await inAnalysis()
    const invoke = (): void => {
      const failed = clock.now() > beganMs + stepMs - minuteMs
      cloudwatch.invoke(clock.now(), failed, revision, 'default-digits')
    }
    // The bad minute has begun long ago, and nothing of it can be seen yet.
    await pass(stepMs - minuteMs + delayMs - 5000, invoke)
    expect(await phase()).toBe('analyzing')
    await pass(2 * minuteMs + 15_000, invoke)
    expect(await phase()).toBe('failed')
    expect((await plane.get('digits'))?.status?.rollout).toMatchObject({ cause: 'GateFailed' })
  })

  it('neither passes nor fails by silence', async () => {
    const { pass, phase, plane } = await inAnalysis()
    await pass(stepMs + delayMs + 2 * minuteMs)
    expect(await phase()).not.toBe('converged')
    expect(await phase()).not.toBe('failed')
    const { rollout } = (await plane.get('digits'))?.status ?? {}
    expect(JSON.stringify(rollout)).toContain('"verdict":"no-data"')
  })
})
