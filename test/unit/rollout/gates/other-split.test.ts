import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../src/clock.ts'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { judgeSamples } from '../../../../src/rollout/gates/judging/judge-samples.ts'
import type { MetricReading } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

const gate = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 0.1, better: 'lower' } })
const levels = { alpha: 0.05, beta: 0.1 }
const context = { alpha: 0.05, share: 0.5, fromMs: 0 }

function bad(hits: number, total: number): MetricReading {
  return { kind: 'ratio', hits, total, covered: { fromMs: 0, toMs: 60_000 } }
}

/** In how many of 40 runs a look ever has this verdict. Of 100 requests, this many come to the candidate. */
function runsWith(
  verdict: 'pass' | 'fail',
  of100: number,
  rates: { readonly candidate: number; readonly stable: number },
): number {
  let found = 0
  for (let run = 0; run < 40; run += 1) {
    const random = seededRandom(run + 1)
    const [ours, theirs] = [
      { bad: 0, total: 0 },
      { bad: 0, total: 0 },
    ]
    for (let look = 1; look <= 10; look += 1) {
      for (let request = 0; request < 100; request += 1) {
        const isOurs = request < of100
        const counted = isOurs ? ours : theirs
        counted.total += 1
        if (random() < (isOurs ? rates.candidate : rates.stable)) counted.bad += 1
      }
      const samples = [
        { kind: 'proportion', ...ours },
        { kind: 'proportion', ...theirs },
      ] as const
      const judged = judgeSamples(...samples, { aim: { margin: 0.1, detect: 0.2 }, share: 0.5 }, levels)
      if (judged?.verdict !== verdict) continue
      found += 1
      break
    }
  }
  return found
}

/** A source that does not tell who got how many requests cannot show that the split does not fit. */
describe('a gate whose samples do not divide as the split says', () => {
  it('takes no missing sample for a bad one, and none for a good one', () => {
    for (const [ours, theirs] of [
      [90, 162],
      [162, 90],
      [300, 700],
      [700, 300],
    ] as const) {
      expect(judgeGate(gate, bad(0, ours), bad(0, theirs), context).verdict).not.toBe('fail')
      expect(judgeGate(gate, bad(ours, ours), bad(theirs, theirs), context).verdict).not.toBe('fail')
      expect(judgeGate(gate, bad(ours / 5, ours), bad(0, theirs), context).verdict).not.toBe('pass')
    }
  })

  it('turns no good candidate back, and passes no bad one', () => {
    for (const of100 of [20, 36, 64, 80]) {
      expect(runsWith('fail', of100, { candidate: 0.05, stable: 0.05 })).toBeLessThanOrEqual(2)
      expect(runsWith('pass', of100, { candidate: 0.2, stable: 0.05 })).toBeLessThanOrEqual(4)
    }
  })

  it('tells an interval that its verdict does not contradict, around the measured difference', () => {
    for (const [ours, theirs, verdict] of [
      [bad(9, 60), bad(0, 140), 'undecided'],
      [bad(20, 108), bad(8, 170), 'undecided'],
      [bad(90, 300), bad(35, 700), 'fail'],
    ] as const) {
      const { difference, ...judged } = judgeGate(gate, ours, theirs, context)
      expect(judged.verdict).toBe(verdict)
      if (difference === undefined) throw new Error('there is no difference')
      const { value, low = Number.NaN, high = Number.NaN } = difference
      expect(low > 0.1).toBe(verdict === 'fail')
      // Chance alone moves the difference by some 0.03 to 0.05.
      expect([value - low > 0.05, high - value > 0.05]).toEqual([true, true])
    }
  })

  it('still decides when the samples show something by themselves', () => {
    expect(judgeGate(gate, bad(90, 300), bad(35, 700), context).verdict).toBe('fail')
    expect(judgeGate(gate, bad(15, 300), bad(35, 700), context).verdict).toBe('pass')
  })
})
