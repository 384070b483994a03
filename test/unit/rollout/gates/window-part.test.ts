import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../src/clock.ts'
import { compareProportion } from '../../../../src/rollout/gates/evidence/proportion.ts'
import type { JudgeContext } from '../../../../src/rollout/gates/judge-context.ts'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import type { GateReading } from '../../../../src/rollout/gates/reading-value.ts'
import { testVerdict } from '../../../../src/rollout/gates/test-verdict.ts'
import { levelsOfWindow, windowOf } from '../../../../src/rollout/gates/window-part.ts'
import { gateNamed } from '../machine/fixtures.ts'

const whole = { alpha: 0.05, beta: 0.1 }
const gate = gateNamed('errors', { metric: 'requests.errors', pass: { atMost: 0.02 } })
const context: JudgeContext = { alpha: 0.05, fromMs: 1000 }

const reading = (hits: number, fromMs = 1000, toMs = 61_000): GateReading => ({
  kind: 'ratio',
  hits,
  total: 1000,
  covered: { fromMs, toMs },
})

describe('the chances of an error that the windows of a step have', () => {
  it('never sum to more than those of the gate, however many windows there are', () => {
    let [alpha, beta] = [0, 0]
    for (let number = 1; number <= 5000; number += 1) {
      const levels = levelsOfWindow(whole, number)
      expect(levels.alpha).toBeGreaterThan(0)
      alpha += levels.alpha
      beta += levels.beta
    }
    expect(alpha).toBeLessThanOrEqual(0.05)
    expect(beta).toBeLessThanOrEqual(0.1)
    expect(alpha).toBeGreaterThan(0.0499)
  })

  it('are nearly all in the first window, which most steps have alone', () => {
    expect(levelsOfWindow(whole, 1).alpha).toBeGreaterThan(0.048)
  })

  it('are not spent by the same window, and are by one that begins later', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(90_000), { minLength: 1, maxLength: 30 }), (begins) => {
        let window = windowOf(undefined, { fromMs: 0, toMs: 100_000 })
        const seen = new Set([0])
        for (const fromMs of begins.sort((one, other) => one - other)) {
          window = windowOf(window, { fromMs, toMs: 100_000 })
          seen.add(fromMs)
        }
        expect(window.number).toBeLessThanOrEqual(seen.size)
        expect(window.number === 1).toBe(Math.max(...begins) <= 1000)
      }),
    )
  })
})

describe('a gate whose window begins again', () => {
  it('is tested with less of its chance of a false alarm, and says so', () => {
    const hits = 40
    const first = judgeGate(gate, reading(hits), undefined, context)
    expect(first).toMatchObject({ verdict: 'fail', window: { number: 1, fromMs: 1000 } })
    expect(first.message).not.toContain('anew')
    const lost = reading(hits, 31_000)
    const again = judgeGate(gate, lost, undefined, { ...context, window: { number: 1, fromMs: 1000 } })
    expect(again).toMatchObject({ verdict: 'undecided', window: { number: 2, fromMs: 31_000 } })
    expect(again.message).toMatch(
      /; the step is measured anew \(window 2\), so this is another test, which has 1\.5 % of the gate's false alarms$/,
    )
  })

  it('is a first test when nothing was tested before, wherever its numbers begin', () => {
    expect(judgeGate(gate, reading(46, 31_000), undefined, context).window).toEqual({
      number: 1,
      fromMs: 31_000,
    })
  })

  it('is the same test at each look of a window, and where clocks differ a little', () => {
    const window = { number: 3, fromMs: 31_000 }
    for (const fromMs of [31_000, 31_200, 30_000]) {
      expect(judgeGate(gate, reading(20, fromMs), undefined, { ...context, window }).window).toEqual(window)
    }
    expect(judgeGate(gate, reading(20, 32_000), undefined, { ...context, window }).window?.number).toBe(4)
  })

  it('counts the later begin of both revisions', () => {
    const beside = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 0.5, better: 'lower' } })
    const window = { number: 1, fromMs: 1000 }
    const result = judgeGate(beside, reading(10), reading(10, 3500), { ...context, share: 0.5, window })
    expect(result.window).toEqual({ number: 2, fromMs: 3500 })
  })

  it('keeps its count while it has nothing to test', () => {
    const window = { number: 2, fromMs: 31_000 }
    const nothing: readonly GateReading[] = [
      { kind: 'no-data', covered: { fromMs: 45_000, toMs: 45_000 } },
      { kind: 'error', message: '503' },
      { ...reading(0, 45_000), total: 0 } as GateReading,
    ]
    for (const each of nothing) {
      expect(judgeGate(gate, each, undefined, { ...context, window }).window).toEqual(window)
      expect(judgeGate(gate, each, undefined, context)).not.toHaveProperty('window')
    }
    const raw = { ...gate, compare: 'raw' as const }
    expect(judgeGate(raw, reading(10), undefined, context)).not.toHaveProperty('window')
  })

  it('turns back an equal revision in the stated share of rollouts, also when its source is restarted again and again', () => {
    const rollouts = 400
    const levels = { alpha: 0.2, beta: 0.1 }
    const aim = { margin: 0.3, detect: 0.5 }
    const failed = (seed: number, levelsAt: (number: number) => typeof levels): boolean => {
      const random = seededRandom(seed + 1)
      let window: JudgeContext['window']
      for (let restart = 0; restart < 20; restart += 1) {
        let bad = 0
        for (let total = 1; total <= 200; total += 1) {
          if (random() < 0.3) bad += 1
          if (total % 10 > 0) continue
          window = windowOf(window, { fromMs: restart * 1000, toMs: restart * 1000 + total })
          const test = compareProportion({ bad, total }, aim)
          if (testVerdict(test, aim.margin, levelsAt(window.number)) === 'fail') return true
        }
      }
      return false
    }
    const shareOf = (levelsAt: (number: number) => typeof levels): number =>
      Array.from({ length: rollouts }, (_, seed) => failed(seed, levelsAt)).filter(Boolean).length / rollouts
    expect(shareOf((number) => levelsOfWindow(levels, number))).toBeLessThan(0.2)
    // The same where each window has all of it.
    expect(shareOf(() => levels)).toBeGreaterThan(0.3)
  })
})
