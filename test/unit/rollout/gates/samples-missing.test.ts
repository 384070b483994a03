import { describe, expect, it } from 'vitest'
import type { TestOptions } from '../../../../src/rollout/gates/choose-test.ts'
import { type Sample, scaled } from '../../../../src/rollout/gates/evidence/sample.ts'
import { type JudgedSamples, judgeSamples } from '../../../../src/rollout/gates/judging/judge-samples.ts'
import { samplesMissing } from '../../../../src/rollout/gates/judging/samples-missing.ts'

const levels = { alpha: 0.05, beta: 0.1 }
const proportion = (bad: number, total: number): Sample => ({ kind: 'proportion', bad, total })
const means = (count: number, mean: number): Sample => ({
  kind: 'moments',
  count,
  sum: count * mean,
  sumSquares: count * (mean * mean + 0.04),
})
const cells = (...counts: number[]): Sample => ({
  kind: 'cells',
  quantile: 0.9,
  bounds: [100, 200, 400],
  counts,
})

const cases: readonly {
  readonly what: string
  readonly candidate: Sample
  readonly stable?: Sample
  readonly options: TestOptions
  readonly verdict: 'pass' | 'fail'
}[] = [
  {
    what: 'more errors than stable',
    candidate: proportion(15, 500),
    stable: proportion(5, 500),
    options: { aim: { margin: 0.01, detect: 0.02, basis: 0.01 }, share: 0.5 },
    verdict: 'fail',
  },
  {
    what: 'as many errors as stable',
    candidate: proportion(5, 500),
    stable: proportion(5, 500),
    options: { aim: { margin: 0.01, detect: 0.02, basis: 0.01 }, share: 0.5 },
    verdict: 'pass',
  },
  {
    what: 'more errors than stable, and another split than the declared one',
    candidate: proportion(15, 500),
    stable: proportion(6, 600),
    options: { aim: { margin: 0.01, detect: 0.02, basis: 0.01 }, share: 0.5 },
    verdict: 'fail',
  },
  {
    what: 'fewer errors than a constant',
    candidate: proportion(5, 500),
    options: { aim: { margin: 0.02, detect: 0.04 } },
    verdict: 'pass',
  },
  {
    what: 'a mean above that of stable',
    candidate: means(500, 0.45),
    stable: means(500, 0.4),
    options: { aim: { margin: 0.02, detect: 0.04 }, share: 0.5 },
    verdict: 'fail',
  },
  {
    what: 'a bounded mean like that of stable',
    candidate: means(500, 0.4),
    stable: means(500, 0.4),
    options: { aim: { margin: 0.02, detect: 0.04 }, share: 0.5, range: { min: 0, max: 1 } },
    verdict: 'pass',
  },
  {
    what: 'a higher quantile than that of stable',
    candidate: cells(100, 70, 30, 0),
    stable: cells(100, 80, 20, 0),
    options: { aim: { margin: 0, detect: 60, basis: 200 }, share: 0.5 },
    verdict: 'fail',
  },
]

describe('the samples that are missing until something is shown', () => {
  it.each(cases)('are so many, and hardly fewer, for $what', ({ candidate, stable, options, verdict }) => {
    const judge = (times: number): JudgedSamples =>
      judgeSamples(
        scaled(candidate, times),
        stable && scaled(stable, times),
        options,
        levels,
      ) as JudgedSamples
    const at = (times: number): string => judge(times).verdict
    expect(at(1)).toBe('undecided')
    const missing = samplesMissing(candidate, stable, judge(1))
    expect(missing?.verdict).toBe(verdict)
    expect(at(missing?.times ?? 0)).toBe(verdict)
    expect(at(0.96 * (missing?.times ?? 0))).toBe('undecided')
  })

  it('are not told when the numbers lie on the rule', () => {
    const options = { aim: { margin: 0.01, detect: 0.02, basis: 0.01 }, share: 0.5 }
    const [candidate, stable] = [proportion(10, 500), proportion(5, 500)]
    const judged = judgeSamples(candidate, stable, options, levels) as JudgedSamples
    expect(samplesMissing(candidate, stable, judged)).toBeUndefined()
  })
})
