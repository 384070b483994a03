import { describe, expect, it } from 'vitest'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { samplesWithout } from '../../../../src/rollout/gates/judging/samples-without.ts'
import type { MetricReading } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

const covered = { fromMs: 0, toMs: 60_000 }
const context = { alpha: 0.05, share: 0.5, fromMs: 0 }

describe('what a gate shows beside samples of retried requests', () => {
  it('is tested for the division that is left without them', () => {
    const gate = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 0.01, better: 'lower' } })
    const reading = (hits: number, total: number, retried: number, assigned: number): MetricReading => ({
      kind: 'ratio',
      hits,
      total,
      retried,
      assigned,
      covered,
    })
    const shown = judgeGate(gate, reading(28, 158, 0, 158), reading(8, 170, 0, 170), context)
    expect(shown.verdict).toBe('fail')
    const retried = judgeGate(gate, reading(28, 158, 16, 142), reading(8, 170, 20, 150), context)
    expect(retried).toMatchObject({ verdict: 'error', spoiled: 'retries' })
  })

  it('waits when a quantile beyond the bound is of such samples', () => {
    const gate = gateNamed('p99', { metric: 'requests.latency.p99', pass: { atMost: 400 } })
    const latency = (counts: readonly number[], retried: number): MetricReading => ({
      kind: 'histogram',
      quantile: 0.99,
      bounds: [100, 200, 400, 800, 1600],
      counts,
      retried,
      covered,
    })
    const slow = [60_000, 35_000, 3600, 0, 1400, 0]
    expect(judgeGate(gate, latency(slow, 0), undefined, context).verdict).toBe('fail')
    const doubtful = judgeGate(gate, latency(slow, 900), undefined, context)
    expect(doubtful).toMatchObject({ verdict: 'undecided', conclusive: false })
    expect(doubtful.message).toContain('900 of the candidate and 0 of the stable revision')
    expect(judgeGate(gate, latency(slow, 20), undefined, context).verdict).toBe('fail')
  })

  it('waits when a mean leans on them, and says it where they cannot move it so far', () => {
    const gate = gateNamed('cost', {
      metric: 'cost',
      pass: { noWorseThan: 'stable', by: 1, better: 'lower' },
    })
    const values = (mean: number, retried: number): MetricReading => ({
      kind: 'distribution',
      count: 10_000,
      sum: 10_000 * mean,
      sumSquares: 10_000 * (mean * mean + 16),
      retried,
      covered,
    })
    expect(judgeGate(gate, values(11.4, 0), values(10, 0), context).verdict).toBe('fail')
    expect(judgeGate(gate, values(11.4, 90), values(10, 0), context).verdict).toBe('undecided')
    expect(judgeGate(gate, values(13, 90), values(10, 0), context).verdict).toBe('fail')
    expect(judgeGate(gate, values(11.4, 300), values(10, 0), context)).toMatchObject({ spoiled: 'retries' })
  })
})

describe('samples without the worst or the best of them', () => {
  it.each([
    ['worst', { bad: 2, total: 9 }],
    ['best', { bad: 3, total: 9 }],
  ] as const)('are proportions without the %s', (sort, left) => {
    expect(samplesWithout({ kind: 'proportion', bad: 3, total: 10 }, 1, sort)).toMatchObject(left)
  })

  it('are proportions with no fewer than no bad ones', () => {
    expect(samplesWithout({ kind: 'proportion', bad: 3, total: 10 }, 5, 'worst')).toMatchObject({
      bad: 0,
      total: 7,
    })
  })

  it.each([
    ['worst', [5, 2, 0, 0]],
    ['best', [1, 3, 2, 1]],
  ] as const)('are cells without the %s', (sort, counts) => {
    const cells = { kind: 'cells', quantile: 0.5, bounds: [1, 2, 3], counts: [5, 3, 2, 1] } as const
    expect(samplesWithout(cells, 4, sort)).toMatchObject({ counts })
  })

  it('have no mean that is farther away than sums allow', () => {
    const values = [1, 1, 1, 1, 1, 1, 1, 1, 1, 11]
    const sums = (all: readonly number[]) => ({
      kind: 'moments' as const,
      count: all.length,
      sum: all.reduce((sum, each) => sum + each, 0),
      sumSquares: all.reduce((sum, each) => sum + each * each, 0),
    })
    const without = samplesWithout(sums(values), 1, 'worst')
    if (without.kind !== 'moments') throw new Error('moments stay moments')
    // All of the spread may come from one value, as here nearly: the mean of the others is 1.
    expect(without.count).toBe(9)
    expect(without.sum / 9).toBeLessThanOrEqual(1)
    expect(without.sum / 9).toBeGreaterThan(0.8)
    const other = samplesWithout(sums(values.map((each) => 12 - each)), 1, 'best')
    if (other.kind !== 'moments') throw new Error('moments stay moments')
    expect(other.sum / 9).toBeCloseTo(12 - without.sum / 9, 9)
    expect(samplesWithout(sums(values), 10, 'worst')).toEqual(sums(values))
  })

  it('are events without as many, and never fewer than none', () => {
    const events = { kind: 'events', events: 3, exposureMs: 1000 } as const
    expect(samplesWithout(events, 2, 'worst')).toMatchObject({ events: 1 })
    expect(samplesWithout(events, 4, 'worst')).toMatchObject({ events: 0 })
    expect(samplesWithout(events, 2, 'best')).toEqual(events)
  })
})
