import { describe, expect, it } from 'vitest'
import { type MemoryMetrics, memoryMetrics } from '../../../src/index.ts'
import { createFakeClock } from '../../../src/testing/fake-clock.ts'
import { ann, digits, type PlaneFixture, planeFixture, registerVersions, serving } from './plane-fixture.ts'

const metric = 'x.errors'
const delayMs = 90_000
const stepMs = 60_000
const gate = { name: 'errors', metric, source: 'late', pass: { atMost: 0.1 }, compare: 'raw' } as const
const strategy = { canary: { steps: [{ weight: 50 }, { analyze: ['errors'], for: '1m' }] } } as const

interface Judged extends PlaneFixture {
  readonly late: MemoryMetrics
  /** One request to the candidate, now. */
  measure(failed: boolean): void
}

/** A canary in analysis. Its source shows the numbers a minute and a half after their time. */
async function inAnalysis(): Promise<Judged> {
  const clock = createFakeClock()
  const late = memoryMetrics({ metrics: [metric], late: { delayMs, clock } })
  const fixture = planeFixture({ clock, plane: { metrics: { late } } })
  await serving(fixture)
  await registerVersions(fixture.registry, '2')
  await fixture.plane.apply(digits('2', { strategy, analysis: [gate] }), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'analyzing')
  const { rollout } = (await fixture.plane.get('digits'))?.status ?? {}
  const revision = rollout?.phase === 'analyzing' ? rollout.revision : ''
  return {
    ...fixture,
    late,
    measure(failed) {
      const labels = { deployment: 'default/digits', revision }
      late.add({ metric, labels, atMs: clock.now(), value: failed })
    },
  }
}

describe('an analysis by numbers that come late', () => {
  it('is not passed before the numbers for its whole step are there, and they turn it back', async () => {
    const { clock, measure, phase, until, plane } = await inAnalysis()
    for (let part = 0; part < 6; part += 1) {
      // Only the last request of the step fails: too few to say so early, too many for the gate.
      measure(part === 5)
      await clock.advance(stepMs / 6)
    }
    await clock.advance(delayMs - 5000)
    expect(await phase()).toBe('analyzing')
    await until(async () => (await phase()) === 'failed', 30_000)
    expect((await plane.get('digits'))?.status?.rollout).toMatchObject({ cause: 'GateFailed' })
  })

  it('passes when the late numbers are good, and asks for no interval whose numbers are not there', async () => {
    const { clock, measure, phase, until, late } = await inAnalysis()
    const asked = async (): Promise<void> => {
      for (const { interval } of late.queries) {
        expect(interval.toMs).toBeGreaterThanOrEqual(interval.fromMs)
        expect(interval.toMs).toBeLessThanOrEqual(clock.now() - delayMs)
      }
    }
    for (let part = 0; part < 6; part += 1) {
      for (let count = 0; count < 4; count += 1) measure(false)
      await clock.advance(stepMs / 6)
    }
    await asked()
    await clock.advance(delayMs - 5000)
    expect(await phase()).toBe('analyzing')
    await asked()
    await until(async () => (await phase()) === 'converged', 30_000)
  })

  it('is explained with the moment of its decision, which a pause takes away', async () => {
    const { clock, measure, phase, plane } = await inAnalysis()
    for (let count = 0; count < 4; count += 1) measure(false)
    const { untilMs, sinceMs, waitsFor } = await plane.explain('digits')
    expect(untilMs).toBe(sinceMs + stepMs + delayMs)
    expect(waitsFor).toBe('its gates to be measured in full; their numbers come 90 s late')
    await plane.pause('digits', { actor: ann })
    expect(await plane.explain('digits')).not.toHaveProperty('untilMs')
    await plane.resume('digits', { actor: ann })
    await clock.advance(sinceMs + stepMs + delayMs - clock.now() - 1)
    expect(await phase()).toBe('analyzing')
    await clock.advance(50)
    expect(await phase()).not.toBe('analyzing')
  })
})
