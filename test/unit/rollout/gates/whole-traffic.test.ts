import { describe, expect, it } from 'vitest'
import type { GateResult } from '../../../../src/resources/deployment/deployment-status.ts'
import type { AnalysisGate } from '../../../../src/resources/deployment/model-deployment.ts'
import { readGates } from '../../../../src/rollout/gates/read-gates.ts'
import type { MetricReading, MetricSource } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

const covered = { fromMs: 0, toMs: 60_000 }
const perMinute = (events: number): MetricReading => ({ kind: 'events', events, exposureMs: 60_000, covered })
const crashes = gateNamed('crashes', { pass: { noWorseThan: 'stable', by: 0.5, better: 'lower' } })

/** What a gate says when the candidate has a tenth of the traffic. */
async function judged(
  gate: AnalysisGate,
  candidate: MetricReading,
  stable: MetricReading,
  share: number | undefined = 0.1,
): Promise<GateResult> {
  const source: MetricSource = {
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query: ({ labels }) => (labels.revision === 'new' ? candidate : stable),
  }
  const asked = [{ gate: gate.name, toMs: 60_000 }]
  const [result] = await readGates(
    { plane: source },
    [gate],
    'default/churn',
    {
      kind: 'gates',
      gates: asked,
      candidate: 'new',
      stable: 'old',
      fromMs: 0,
      alpha: 0.05,
      ...(share > 0 && { share }),
    },
    new AbortController().signal,
  )
  if (result === undefined) throw new Error('no result')
  return result
}

describe('a gate that compares how often something happens', () => {
  it('compares and shows what the whole traffic would give, in one unit', async () => {
    const { verdict, method, candidate, stable, difference, message } = await judged(
      crashes,
      perMinute(400),
      perMinute(540),
    )
    expect({ verdict, method, candidate, stable }).toEqual({
      verdict: 'fail',
      method: 'rates',
      candidate: { value: expect.closeTo(66.67, 2), samples: 400 },
      stable: { value: expect.closeTo(10, 9), samples: 540 },
    })
    expect(difference?.value).toBeCloseTo((candidate?.value ?? 0) - (stable?.value ?? 0), 9)
    expect(message).toMatch(
      /is 66\.67 \(400 samples\), stable has 10 \(540 samples\), .*; each number is what all of the traffic would give$/,
    )
  })

  it('passes no candidate as it stands that is worse for its traffic, and no better one fails', async () => {
    const raw = { ...crashes, compare: 'raw' } as const
    expect(await judged(raw, perMinute(198), perMinute(540))).toMatchObject({
      method: 'plain',
      verdict: 'fail',
    })
    expect(await judged(raw, perMinute(60), perMinute(540))).toMatchObject({
      method: 'plain',
      verdict: 'pass',
    })
  })

  it('compares the numbers as they stand where no split is known, and tests nothing', async () => {
    const result = await judged(crashes, perMinute(198), perMinute(540), 0)
    expect(result).toMatchObject({ method: 'plain', verdict: 'pass', candidate: { value: 3.3 } })
    expect(result.message).not.toContain('all of the traffic')
  })

  it('leaves a rule with a constant to the events that the candidate has', async () => {
    const gate = gateNamed('crashes', { pass: { atMost: 9 } })
    expect(await judged(gate, perMinute(60), perMinute(540))).toMatchObject({
      method: 'rates',
      verdict: 'pass',
      candidate: { value: 1 },
    })
  })

  it('leaves other numbers as they are, also beside events', async () => {
    const value: MetricReading = { kind: 'value', value: 1, covered }
    const result = await judged(crashes, value, perMinute(60))
    expect(result).toMatchObject({ method: 'plain', verdict: 'pass', stable: { value: 1 } })
    expect(result.message).not.toContain('all of the traffic')
    const other = await judged(crashes, perMinute(60), value)
    expect(other).toMatchObject({ method: 'plain', verdict: 'pass', candidate: { value: 1 } })
  })

  it('fails no candidate whose events are those of its part', async () => {
    expect((await judged(crashes, perMinute(60), perMinute(540))).verdict).not.toBe('fail')
  })
})
