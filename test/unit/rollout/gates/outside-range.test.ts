import { describe, expect, it } from 'vitest'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { priceGate } from '../../../../src/rollout/gates/price/price-gate.ts'
import type { MetricReading } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

const stars = gateNamed('stars', {
  metric: 'ratings.mean',
  pass: { noWorseThan: 'stable', by: 0.2, better: 'higher' },
  range: { min: 1, max: 5 },
})
const context = { alpha: 0.05, share: 0.5, fromMs: 0 }

function ratings(...values: readonly number[]): MetricReading {
  return {
    kind: 'distribution',
    count: values.length,
    sum: values.reduce((sum, each) => sum + each, 0),
    sumSquares: values.reduce((sum, each) => sum + each * each, 0),
    covered: { fromMs: 0, toMs: 60_000 },
  }
}

const fine = ratings(1, 2, 4, 5, 5)
const oneOfTen = ratings(1, 1, 5, 5, 10)
const below = ratings(0, 0, 1)

describe('a gate with a range', () => {
  it('is tested exactly when all values can lie in it, its bounds included', () => {
    expect(judgeGate(stars, fine, ratings(1, 5, 1, 5), context).method).toBe('bounded-means')
  })

  it('is an error when the mean lies outside, with the range, the mean and what would be right', () => {
    const { verdict, conclusive, message } = judgeGate(stars, below, fine, context)
    expect({ verdict, conclusive }).toEqual({ verdict: 'error', conclusive: false })
    expect(message).toBe(
      'stars: ratings.mean of the candidate does not fit the gate: range is { min: 1, max: 5 }, but the mean of its 3 samples is 0.3333, so some values lie outside: write a range that holds each value, or none',
    )
  })

  it('is an error when only the squares show it, of either revision', () => {
    const shown =
      'range is { min: 1, max: 5 }, but its 5 samples have the mean 4.4 and the mean square 30.4, and within the range that is 21.4 at most'
    for (const [ours, theirs, who] of [
      [oneOfTen, fine, 'the candidate'],
      [fine, oneOfTen, 'the stable revision'],
    ] as const) {
      const { verdict, message } = judgeGate(stars, ours, theirs, context)
      expect(verdict).toBe('error')
      expect(message).toContain(`ratings.mean of ${who} does not fit the gate: ${shown}`)
    }
  })

  it('is an error beside a constant, too', () => {
    const gate = { ...stars, pass: { atLeast: 4 } }
    expect(judgeGate(gate, fine, undefined, context).verdict).not.toBe('error')
    expect(judgeGate(gate, oneOfTen, undefined, context).verdict).toBe('error')
  })

  it('has no price when the stable revision does not fit it, and says why', async () => {
    const at = { gate: stars, step: 1, weight: 50, forMs: 60_000, alpha: 0.05 }
    const price = await priceGate(at, { reading: oneOfTen, weight: 100, delayMs: 0 }, 20)
    expect(price).toMatchObject({ kind: 'unknown', warnings: [] })
    expect(price.message).toMatch(
      /^stars: no price can be told, because ratings\.mean of the stable revision does not fit the gate: range is \{ min: 1, max: 5 \}/,
    )
  })

  it('is nothing to a gate without one', () => {
    const { range: _, ...gate } = stars
    expect(judgeGate(gate, oneOfTen, fine, context).verdict).not.toBe('error')
  })
})
