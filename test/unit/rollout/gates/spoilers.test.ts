import { describe, expect, it } from 'vitest'
import type { JudgeContext } from '../../../../src/rollout/gates/judge-context.ts'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import type { GateReading } from '../../../../src/rollout/gates/reading-value.ts'
import type { RatioReading } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

const covered = { fromMs: 0, toMs: 60_000 }
const ratio = (hits: number, total: number, more: Partial<RatioReading> = {}): GateReading => ({
  kind: 'ratio',
  hits,
  total,
  covered,
  ...more,
})
const context: JudgeContext = { alpha: 0.05, share: 0.1, fromMs: 0 }
const gate = gateNamed('errors', {
  metric: 'requests.errors',
  pass: { noWorseThan: 'stable', by: 0.01, better: 'lower' },
})

describe('a comparison that is spoiled', () => {
  it('is an error when the requests were not split as declared', () => {
    const result = judgeGate(
      gate,
      ratio(10, 1300, { assigned: 1300 }),
      ratio(90, 9000, { assigned: 9000 }),
      context,
    )
    expect(result).toMatchObject({ verdict: 'error', spoiled: 'split', conclusive: false })
    expect(result.message).toBe(
      'errors: requests.errors cannot be judged: the candidate got 1300 of 10300 requests (12.6 %), but the split gives it 10 %; so something else than chance chose, such as a caller that stays with one revision, or a revision that was full or left alone',
    )
    const fewer = judgeGate(
      gate,
      ratio(10, 700, { assigned: 700 }),
      ratio(90, 9000, { assigned: 9000 }),
      context,
    )
    expect(fewer.spoiled).toBe('split')
  })

  it('is none for a split that is as declared, within what chance does', () => {
    for (const given of [950, 1000, 1050]) {
      const result = judgeGate(
        gate,
        ratio(10, given, { assigned: given }),
        ratio(90, 9000, { assigned: 9000 }),
        context,
      )
      expect(result.spoiled).toBeUndefined()
    }
  })

  it('is an error when the split was changed after the window began', () => {
    const readings = [ratio(10, 1000), ratio(90, 9000)] as const
    const changed = judgeGate(gate, ...readings, { ...context, splitSinceMs: 5000 })
    expect(changed).toMatchObject({ verdict: 'error', spoiled: 'window' })
    expect(changed.message).toContain('the split of requests was changed 5 s after the measured window began')
    expect(
      judgeGate(gate, ...readings, { ...context, fromMs: 5000, splitSinceMs: 5000 }).spoiled,
    ).toBeUndefined()
  })

  it('is an error when the revisions were measured over different times', () => {
    const longer = ratio(90, 9000, { covered: { fromMs: 0, toMs: 60_000 } })
    const result = judgeGate(
      gate,
      ratio(10, 1000, { covered: { fromMs: 20_000, toMs: 60_000 } }),
      longer,
      context,
    )
    expect(result).toMatchObject({ verdict: 'error', spoiled: 'window' })
    expect(result.message).toContain('the intervals of their numbers differ by 20 s')
    const nearly = ratio(10, 1000, { covered: { fromMs: 2000, toMs: 60_000 } })
    expect(judgeGate(gate, nearly, longer, context).spoiled).toBeUndefined()
  })

  it('is an error when signals come later for one revision', () => {
    const result = judgeGate(
      gate,
      ratio(10, 500, { expected: 1000, heard: 500 }),
      ratio(90, 8000, { expected: 9000, heard: 8000 }),
      context,
    )
    expect(result).toMatchObject({ verdict: 'error', spoiled: 'labels' })
    expect(result.message).toContain(
      "50 % of the candidate's requests have their signal, and 88.9 % of the stable",
    )
    const back = judgeGate(
      gate,
      ratio(10, 900, { expected: 1000, heard: 900 }),
      ratio(90, 4500, { expected: 9000, heard: 4500 }),
      context,
    )
    expect(back.spoiled).toBe('labels')
    const alike = judgeGate(
      gate,
      ratio(10, 500, { expected: 1000, heard: 500 }),
      ratio(90, 4600, { expected: 9000, heard: 4600 }),
      context,
    )
    expect(alike.spoiled).toBeUndefined()
  })

  it('is an error when what it shows may come from requests that the other revision had failed', () => {
    const even = { ...context, share: 0.5 }
    const shown = judgeGate(gate, ratio(60, 1000), ratio(10, 1000), even)
    expect(shown.verdict).toBe('fail')
    const retried = judgeGate(gate, ratio(60, 1000, { retried: 45 }), ratio(10, 1000), even)
    expect(retried).toMatchObject({ verdict: 'error', spoiled: 'retries', conclusive: false })
    expect(retried.message).toContain('45 samples of the candidate and 0 of the stable revision')
  })

  it('fails a candidate whose requests the stable revision had to answer', () => {
    const even = { ...context, share: 0.5 }
    const result = judgeGate(gate, ratio(300, 1000), ratio(10, 1300, { retried: 300 }), even)
    expect(result.verdict).toBe('fail')
  })

  it('shows no pass when only the retried requests of stable make the candidate look as good', () => {
    const even = { ...context, share: 0.5 }
    const result = judgeGate(gate, ratio(200, 10_000), ratio(200, 10_000, { retried: 150 }), even)
    expect(result).toMatchObject({ verdict: 'error', spoiled: 'retries' })
  })

  it('is an error when requests that succeeded at the second revision dilute its errors', () => {
    const most = { ...context, share: 0.9 }
    const result = judgeGate(gate, ratio(270, 930, { retried: 30 }), ratio(30, 370, { retried: 270 }), most)
    expect(result).toMatchObject({ verdict: 'error', spoiled: 'retries' })
    const passed = judgeGate(
      gate,
      ratio(220, 2800, { retried: 1800 }),
      ratio(1800, 9220, { retried: 220 }),
      context,
    )
    expect(passed).toMatchObject({ verdict: 'error', spoiled: 'retries' })
  })

  it('waits when a few retried requests make the difference', () => {
    const even = { ...context, share: 0.5 }
    let last = 'pass'
    for (let bad = 10; bad < 80 && last !== 'fail'; bad += 1) {
      const clean = judgeGate(gate, ratio(bad, 1000), ratio(10, 1000), even).verdict
      if (clean !== 'fail') continue
      const few = judgeGate(gate, ratio(bad, 1000, { retried: 3 }), ratio(10, 1000), even)
      expect(few).toMatchObject({ verdict: 'undecided', conclusive: false })
      expect(few.message).toContain('this shows that it is broken, but not without the samples of requests')
      expect(few.next).toBe('more samples show whether it holds without those of retried requests')
      last = clean
    }
    expect(last).toBe('fail')
  })
})
