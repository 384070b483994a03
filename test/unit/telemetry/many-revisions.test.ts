import { describe, expect, it } from 'vitest'
import { createFeedback } from '../../../src/feedback/create-feedback.ts'
import type { MetricReading } from '../../../src/telemetry/contract.ts'
import { createMetricWindows } from '../../../src/telemetry/metric-windows.ts'
import { createFakeClock } from '../../../src/testing/index.ts'
import { attemptRecord } from './attempt-records.ts'

const revisions = 3000
const deployments = Array.from({ length: revisions }, (_, place) => `default/d${place}` as const)

function totalOf(reading: MetricReading): number {
  return reading.kind === 'ratio' ? reading.total : 0
}

describe('the windows of thousands of revisions', () => {
  it('cover the whole window of each, although every one is asked in turn', async () => {
    const clock = createFakeClock()
    const windows = createMetricWindows({ clock })
    const fromMs = clock.now()
    const upstream = { revision: 'one', provider: 'p', model: 'm' }
    for (let round = 0; round < 4; round += 1) {
      for (const deployment of deployments) {
        windows.attempted(attemptRecord({ endedAtMs: clock.now(), upstream: { ...upstream, deployment } }))
      }
      await clock.advance(2500)
    }
    const interval = { fromMs, toMs: clock.now() }
    for (const deployment of [deployments[0], deployments[revisions - 1]] as const) {
      const labels = { deployment: deployment ?? '', revision: 'one' }
      const reading = windows.query({ metric: 'requests.errors', labels, interval })
      expect(reading).toMatchObject({ kind: 'ratio', total: 4, covered: interval })
    }
    expect(windows.forgotten).toBe(0)
    // Some kilobytes each, not hundreds.
    expect(windows.bytes / revisions).toBeLessThan(2000)
  })

  it('of feedback are not moved by signals that name what nobody declared', async () => {
    const clock = createFakeClock()
    const feedback = createFeedback({
      clock,
      maxBytes: 3_200_000,
      isKnown: (deployment) => deployment === 'default/real',
    })
    const rate = (deployment: string, revision: string): void => {
      feedback.record({ kind: 'outcome', name: 'bought', value: true, deployment, revision } as never)
    }
    const fromMs = clock.now()
    rate('default/real', 'one')
    for (let name = 0; name < 20_000; name += 1) {
      rate(`default/made-up-${name}`, 'one')
      if (name % 100 === 0) await clock.advance(300)
    }
    rate('default/real', 'one')
    const interval = { fromMs, toMs: clock.now() }
    const ask = (deployment: string): MetricReading =>
      feedback.query({ metric: 'outcomes.bought', labels: { deployment, revision: 'one' }, interval })
    expect(ask('default/real')).toMatchObject({ kind: 'ratio', total: 2, covered: interval })
    // They are counted, and forgotten soon.
    expect(totalOf(ask('default/made-up-19999'))).toBe(1)
    expect(totalOf(ask('default/made-up-0'))).toBe(0)
    expect(ask('default/made-up-0').covered?.fromMs).toBeGreaterThan(fromMs)
    expect(feedback.counts.forgotten).toBeGreaterThan(0)
  })
})
