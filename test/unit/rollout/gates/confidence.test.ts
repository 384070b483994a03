import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../src/clock.ts'
import { confidenceRadius } from '../../../../src/rollout/gates/confidence.ts'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { gateNamed } from '../machine/fixtures.ts'

const covered = { fromMs: 0, toMs: 1 }

describe('confidenceRadius', () => {
  it('is infinite without samples and shrinks with every sample', () => {
    expect(confidenceRadius(0, 0.5)).toBe(Number.POSITIVE_INFINITY)
    let last = Number.POSITIVE_INFINITY
    for (let samples = 1; samples <= 5_000; samples += 1) {
      const radius = confidenceRadius(samples, 0.5)
      expect(radius).toBeLessThan(last)
      last = radius
    }
  })

  it('grows with the spread of one sample and with the required certainty', () => {
    expect(confidenceRadius(100, 1)).toBeCloseTo(2 * confidenceRadius(100, 0.5), 12)
    expect(confidenceRadius(100, 0.5, 0.001)).toBeGreaterThan(confidenceRadius(100, 0.5, 0.05))
  })

  it('has the value of the formula: ρ = 16, α = 0.05, a hundred samples of 0 or 1', () => {
    const expected = (0.5 * Math.sqrt(116 * Math.log(116 / (16 * 0.0025)))) / 100
    expect(confidenceRadius(100, 0.5)).toBeCloseTo(expected, 12)
  })

  it.each([0.05, 0.5, 0.9])(
    'covers a ratio of %d at all sample counts at once in 95 of 100 runs',
    (truth) => {
      const random = seededRandom(11)
      expect(missed(1_000, () => (random() < truth ? 1 : 0), truth, 0.5)).toBeLessThan(0.05)
    },
  )

  it('is not wider than necessary: it misses the hardest ratio in some runs', () => {
    const random = seededRandom(11)
    expect(missed(1_000, () => (random() < 0.5 ? 1 : 0), 0.5, 0.5)).toBeGreaterThan(0.005)
  })
})

describe('a gate that is judged after every sample', () => {
  it('is wrongly judged early in at most one run of twenty when the candidate is exactly at the bound', () => {
    const random = seededRandom(5)
    const gate = gateNamed('latency', { pass: { atMost: 1 } })
    let wrong = 0
    const runs = 400
    for (let run = 0; run < runs; run += 1) {
      let sum = 0
      let sumSquares = 0
      for (let count = 1; count <= 500; count += 1) {
        // Skewed like a latency, with a mean of 1.
        const sample = -Math.log(1 - random())
        sum += sample
        sumSquares += sample * sample
        const reading = { kind: 'distribution', count, sum, sumSquares, covered } as const
        if (!judgeGate(gate, reading, undefined).conclusive) continue
        wrong += 1
        break
      }
    }
    expect(wrong / runs).toBeLessThanOrEqual(0.05)
  })
})

/** The fraction of runs, of 500 samples each, in which the mean was ever further off than the radius. */
function missed(runs: number, sample: () => number, truth: number, deviation: number): number {
  let count = 0
  for (let run = 0; run < runs; run += 1) {
    let sum = 0
    for (let samples = 1; samples <= 500; samples += 1) {
      sum += sample()
      if (Math.abs(sum / samples - truth) <= confidenceRadius(samples, deviation)) continue
      count += 1
      break
    }
  }
  return count / runs
}
