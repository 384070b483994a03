import { describe, expect, it } from 'vitest'
import type { JudgeContext } from '../../../../src/rollout/gates/judge-context.ts'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import type { GateReading } from '../../../../src/rollout/gates/reading-value.ts'
import { gateNamed } from '../machine/fixtures.ts'

const covered = { fromMs: 0, toMs: 60_000 }
const ratio = (hits: number, total: number): GateReading => ({ kind: 'ratio', hits, total, covered })
const value = (number: number, count?: number): GateReading => ({
  kind: 'value',
  value: number,
  covered,
  ...(count !== undefined && { count }),
})
const means = (count: number, mean: number, deviation: number): GateReading => ({
  kind: 'distribution',
  count,
  sum: count * mean,
  sumSquares: count * mean * mean + (count - 1) * deviation * deviation,
  covered,
})
const events = (count: number, exposureMs: number): GateReading =>
  ({ kind: 'events', events: count, exposureMs, covered }) as GateReading
const nothing: GateReading = { kind: 'no-data', covered }
const broken: GateReading = { kind: 'error', message: 'connection refused' }
const context: JudgeContext = { alpha: 0.05, share: 0.5, fromMs: 0 }

const accuracy = gateNamed('accuracy', { minSamples: 100, pass: { atLeast: 0.9 } })
const errors = gateNamed('errors', { metric: 'requests.errors', pass: { atMost: 0.02 } })
const beside = gateNamed('accuracy', {
  minSamples: 100,
  pass: { noWorseThan: 'stable', by: 0.01, better: 'higher' },
})
const latency = gateNamed('latency', {
  metric: 'requests.latency',
  pass: { noWorseThan: 'stable', by: 5, better: 'lower' },
})

describe('a gate with a bound', () => {
  it('passes and fails only when its numbers show it', () => {
    expect(judgeGate(accuracy, ratio(960, 1000), undefined, context).verdict).toBe('pass')
    expect(judgeGate(accuracy, ratio(905, 1000), undefined, context).verdict).toBe('undecided')
    expect(judgeGate(accuracy, ratio(895, 1000), undefined, context).verdict).toBe('undecided')
    expect(judgeGate(accuracy, ratio(840, 1000), undefined, context).verdict).toBe('fail')
    expect(judgeGate(errors, ratio(2, 1000), undefined, context).verdict).toBe('pass')
    expect(judgeGate(errors, ratio(20, 1000), undefined, context).verdict).toBe('undecided')
    expect(judgeGate(errors, ratio(50, 1000), undefined, context).verdict).toBe('fail')
  })

  it('is conclusive when it passes or fails, and not before', () => {
    for (const [hits, conclusive] of [
      [960, true],
      [905, false],
      [840, true],
    ] as const) {
      expect(judgeGate(accuracy, ratio(hits, 1000), undefined, context).conclusive).toBe(conclusive)
    }
  })

  it('needs more evidence to fail with a smaller chance of a false alarm, and to pass with more power', () => {
    const some = ratio(862, 1000)
    expect(judgeGate(accuracy, some, undefined, context).verdict).toBe('fail')
    expect(judgeGate(accuracy, some, undefined, { ...context, alpha: 0.0001 }).verdict).toBe('undecided')
    expect(judgeGate(accuracy, ratio(926, 1000), undefined, context).verdict).toBe('pass')
    const surer = { ...accuracy, power: 0.999 }
    expect(judgeGate(surer, ratio(926, 1000), undefined, context).verdict).toBe('undecided')
  })

  it('has verdicts for too few samples, no data and an error that differ from pass and fail', () => {
    const verdictOf = (reading: GateReading): string =>
      judgeGate(accuracy, reading, undefined, context).verdict
    expect(verdictOf(ratio(99, 99))).toBe('too-few-samples')
    expect(verdictOf(ratio(0, 99))).toBe('too-few-samples')
    expect(verdictOf(nothing)).toBe('no-data')
    expect(verdictOf(broken)).toBe('error')
    for (const reading of [ratio(99, 99), nothing, broken]) {
      expect(judgeGate(accuracy, reading, undefined, context).conclusive).toBe(false)
    }
  })

  it('reads a ratio of 0 samples as no data, and NaN, infinity or more hits than samples as an error', () => {
    expect(judgeGate(accuracy, ratio(0, 0), undefined, context).verdict).toBe('no-data')
    expect(judgeGate(accuracy, value(Number.NaN, 500), undefined, context).verdict).toBe('error')
    expect(judgeGate(accuracy, value(Number.POSITIVE_INFINITY, 500), undefined, context).verdict).toBe(
      'error',
    )
    expect(judgeGate(accuracy, ratio(101, 100), undefined, context)).toMatchObject({
      verdict: 'error',
      message:
        'accuracy: labels.accuracy of the candidate cannot be so: hits is 101 and total is 100: hits are at most total',
    })
  })

  it('compares a value as it stands, says so, and never early', () => {
    const plain = gateNamed('accuracy', { pass: { atLeast: 0.9 } })
    const failed = judgeGate(plain, value(0.1), undefined, context)
    expect(failed).toMatchObject({ verdict: 'fail', conclusive: false, method: 'plain' })
    expect(failed.message).toBe(
      'accuracy: labels.accuracy is 0.1, wanted at least 0.9; the numbers are compared as they stand, because no test fits what their source gives',
    )
    expect(judgeGate(plain, value(0.9), undefined, context)).toMatchObject({
      verdict: 'pass',
      conclusive: false,
    })
  })

  it('compares the numbers as they stand when it is asked to', () => {
    const raw = { ...accuracy, compare: 'raw' as const }
    expect(judgeGate(raw, ratio(900, 1000), undefined, context)).toMatchObject({
      verdict: 'pass',
      conclusive: false,
      method: 'plain',
    })
    expect(judgeGate(raw, ratio(899, 1000), undefined, context).verdict).toBe('fail')
    const atMost = { ...errors, compare: 'raw' as const }
    expect(judgeGate(atMost, ratio(20, 1000), undefined, context).verdict).toBe('pass')
    expect(judgeGate(atMost, ratio(21, 1000), undefined, context).verdict).toBe('fail')
  })

  it('judges a distribution by its mean, and not before its spread is known', () => {
    const gate = gateNamed('latency', { pass: { atMost: 100 } })
    expect(judgeGate(gate, means(63, 300, 50), undefined, context).verdict).toBe('undecided')
    expect(judgeGate(gate, means(64, 300, 50), undefined, context)).toMatchObject({
      verdict: 'fail',
      method: 'asymptotic-means',
    })
    expect(judgeGate(gate, means(1000, 50, 50), undefined, context).verdict).toBe('pass')
    expect(judgeGate(gate, means(100, 98, 50), undefined, context).verdict).toBe('undecided')
  })

  it('says where the true value lies, and what would have to happen next', () => {
    const late = { ...ratio(915, 1000), covered: { fromMs: 30_000, toMs: 60_000 } } as GateReading
    const result = judgeGate(accuracy, late, undefined, context)
    expect(result.coveredFromMs).toBe(30_000)
    expect(result.candidate).toEqual({ value: 0.915, samples: 1000 })
    expect(result.difference?.value).toBeCloseTo(0.015, 12)
    expect(result.message).toMatch(
      /^accuracy: labels.accuracy is 0.915 \(1000 samples\), wanted at least 0.9; this shows neither that the rule is met nor that it is broken: the true distance from the bound lies between -0.0\d+ and \+0.0\d+$/,
    )
    expect(result.missing).toMatchObject({ samples: expect.any(Number), verdict: expect.any(String) })
    expect(result.next).toMatch(
      /^if the numbers stay like this, some \d+ more samples of the candidate show that the rule is met$/,
    )
    expect(judgeGate(accuracy, ratio(960, 1000), undefined, context).next).toBe(
      'the step goes on until its window ends, because a failure may still show; once it is extended, it ends when all its gates have passed',
    )
  })
})

describe('a gate that compares with stable', () => {
  it('passes, fails or is undecided, whether higher or lower is better', () => {
    const verdictOf = (hits: number, total: number): string =>
      judgeGate(beside, ratio(hits, total), ratio(total * 0.9, total), context).verdict
    expect(verdictOf(27_000, 30_000)).toBe('pass')
    expect(verdictOf(26_700, 30_000)).toBe('undecided')
    expect(verdictOf(26_100, 30_000)).toBe('fail')
    const slower = (mean: number): string =>
      judgeGate(latency, means(5000, mean, 30), means(5000, 100, 30), context).verdict
    expect(slower(100)).toBe('pass')
    expect(slower(105)).toBe('undecided')
    expect(slower(110)).toBe('fail')
    expect(judgeGate(latency, value(105), value(100), context).verdict).toBe('pass')
    expect(judgeGate(latency, value(106), value(100), context).verdict).toBe('fail')
  })

  it('is judged by the declared split, also when it is far from even', () => {
    const of = (share: number, errorRate: number): string => {
      const total = 20_000
      const reading = (rate: number, part: number): GateReading => ratio(rate * total * part, total * part)
      const gate = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 0, better: 'lower' } })
      return judgeGate(gate, reading(errorRate, share), reading(0.01, 1 - share), { ...context, share })
        .verdict
    }
    for (const share of [0.05, 0.5, 0.95]) {
      expect(of(share, 0.04)).toBe('fail')
      expect(of(share, 0.01)).toBe('undecided')
    }
  })

  it('needs fewer samples when it knows what stable was before', () => {
    const gate = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 0.01, better: 'lower' } })
    const [candidate, stable] = [ratio(25, 500), ratio(5, 500)]
    expect(judgeGate(gate, candidate, stable, context).verdict).toBe('undecided')
    const known = judgeGate(gate, candidate, stable, { ...context, basis: { value: 0.01, samples: 2000 } })
    expect(known).toMatchObject({ verdict: 'fail', basis: { value: 0.01, samples: 2000 } })
  })

  it('holds for any split where requests are not split by chance', () => {
    const gate = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 0.01, better: 'lower' } })
    for (const split of [{}, { share: 0 }, { share: 1 }]) {
      const offline: JudgeContext = { alpha: 0.05, fromMs: 0, ...split }
      const verdictOf = (bad: number): string =>
        judgeGate(gate, ratio(bad, 5000), ratio(1500, 5000), offline).verdict
      expect(verdictOf(1500)).toBe('undecided')
      expect(verdictOf(2000)).toBe('fail')
      expect(verdictOf(1000)).toBe('pass')
    }
  })

  it('takes no event in a long time for an answer', () => {
    const gate = gateNamed('crashes', { pass: { atMost: 0.001 } })
    const none: GateReading = { kind: 'events', events: 0, exposureMs: 86_400_000, covered }
    expect(judgeGate(gate, none, undefined, context)).toMatchObject({ verdict: 'pass', method: 'rates' })
    const short = judgeGate(gate, { ...none, exposureMs: 60_000 }, undefined, context)
    expect(short.verdict).toBe('undecided')
    expect(short.next).not.toContain('NaN')
  })

  it('never decides by a margin that no share can reach', () => {
    const gate = gateNamed('errors', { pass: { noWorseThan: 'stable', by: 2, better: 'lower' } })
    const result = judgeGate(gate, ratio(500, 1000), ratio(10, 1000), context)
    expect(result.verdict).not.toBe('fail')
    expect(JSON.stringify(result)).not.toContain('null')
  })

  it('compares numbers of different kinds as they stand', () => {
    expect(judgeGate(beside, ratio(900, 1000), value(0.9), context)).toMatchObject({
      method: 'plain',
      verdict: 'pass',
    })
  })

  it('neither passes nor fails while stable has too few samples, no data or an error, or is missing', () => {
    expect(judgeGate(beside, ratio(900, 1000), ratio(9, 10), context).verdict).toBe('too-few-samples')
    expect(judgeGate(beside, ratio(900, 1000), nothing, context).verdict).toBe('no-data')
    expect(judgeGate(beside, ratio(900, 1000), broken, context).verdict).toBe('error')
    expect(judgeGate(beside, ratio(900, 1000), undefined, context).verdict).toBe('no-data')
  })

  it('starts where both the candidate and stable have data', () => {
    const late = { ...ratio(900, 1000), covered: { fromMs: 30_000, toMs: 60_000 } } as GateReading
    expect(judgeGate(beside, ratio(900, 1000), late, context).coveredFromMs).toBe(30_000)
    expect(judgeGate(accuracy, ratio(900, 1000), late, context).coveredFromMs).toBeUndefined()
  })
})

describe('a gate on a quantile that lies beyond the bounds of its histogram', () => {
  const p95 = (counts: readonly number[], bounds: readonly number[] = [100, 200, 400]): GateReading => ({
    kind: 'histogram',
    quantile: 0.95,
    bounds,
    counts,
    covered,
  })
  const [fast, slow] = [p95([900, 90, 9, 1]), p95([100, 300, 600, 1000])]
  const atMost = (bound: number) => gateNamed('latency', { pass: { atMost: bound } })
  const nobody =
    'the quantile of the candidate lies above all bounds of its histogram, the last of which is 400, so nobody knows it: give the histogram larger bounds'

  it('fails a bound below them, and passes none above them', () => {
    expect(judgeGate(atMost(300), slow, undefined, context).verdict).toBe('fail')
    expect(judgeGate(atMost(500), slow, undefined, context)).toMatchObject({
      verdict: 'undecided',
      next: nobody,
    })
    expect(judgeGate(atMost(500), fast, undefined, context).verdict).toBe('pass')
  })

  it('does not pass because both revisions lie there', () => {
    expect(judgeGate(latency, slow, slow, context)).toMatchObject({ verdict: 'undecided', next: nobody })
    expect(judgeGate(latency, fast, slow, context).verdict).toBe('pass')
    const result = judgeGate(latency, slow, fast, context)
    expect(result.verdict).toBe('fail')
    expect(
      judgeGate({ ...latency, pass: { ...latency.pass, by: 300 } } as typeof latency, fast, slow, context),
    ).toMatchObject({ verdict: 'pass' })
  })

  it('has an end of its interval only where its samples bound the difference', () => {
    const wide = [100, 200, 400, 1e6]
    const said = (ours: readonly number[], theirs: readonly number[], gate = latency) => {
      const { difference, message, verdict } = judgeGate(gate, p95(ours, wide), p95(theirs, wide), context)
      const words = message.slice(message.lastIndexOf('the true difference'))
      return { ends: Object.keys(difference ?? {}), verdict, words }
    }
    expect(said([20, 2, 0, 0, 0], [20, 2, 0, 0, 0])).toEqual({
      ends: ['value'],
      verdict: 'undecided',
      words: 'the true difference from stable may still be anything',
    })
    expect(said([60, 20, 30, 0, 0], [500, 9, 0, 0, 0])).toMatchObject({
      ends: ['value', 'low'],
      verdict: 'fail',
      words: expect.stringMatching(
        /^the true difference from stable is at least \+\d+; how large it is, these samples do not show$/,
      ),
    })
    const most = said([500, 9, 0, 0, 0], [60, 20, 30, 0, 0])
    expect(most).toMatchObject({ ends: ['value', 'high'], verdict: 'pass' })
    expect(most.words).toMatch(/ is at most -\d+; how small it is, these samples do not show$/)
    const none = judgeGate(
      gateNamed('crashes', { pass: { atMost: 0.01 } }),
      events(0, 60_000),
      undefined,
      context,
    )
    expect(none.difference).toMatchObject({ value: -0.01, low: -0.01 })
    const positive = judgeGate(atMost(300), p95([1, 0, 0, 0, 0], wide), undefined, context)
    expect(positive.difference?.low).toBe(-300)
    const signed = judgeGate(atMost(300), p95([1, 0, 0, 0, 0], [-5, 2, 4, 1e6]), undefined, context)
    expect(signed.difference).not.toHaveProperty('low')
    const higher = gateNamed('speed', {
      ...latency,
      pass: { noWorseThan: 'stable', by: 5, better: 'higher' },
    })
    expect(said([60, 20, 30, 0, 0], [500, 9, 0, 0, 0], higher)).toMatchObject({
      ends: ['value', 'low'],
      verdict: 'pass',
    })
    expect(said([500, 9, 0, 0, 0], [60, 20, 30, 0, 0], higher)).toMatchObject({
      ends: ['value', 'high'],
      verdict: 'fail',
    })
    const both = said([9000, 900, 90, 5, 5], [9000, 900, 90, 5, 5])
    expect(both.words).toMatch(/ lies between -\d+(\.\d+)? and \+\d+(\.\d+)?$/)
  })

  it('is an error where plain numbers are compared, unless the true number can change nothing', () => {
    const raw = (bound: number) => ({ ...atMost(bound), compare: 'raw' as const })
    expect(judgeGate(raw(300), slow, undefined, context).verdict).toBe('fail')
    const above = judgeGate(raw(500), slow, undefined, context)
    expect(above).toMatchObject({ verdict: 'error', conclusive: false })
    expect(above.message).toBe(
      `latency: labels.accuracy is 400 (2000 samples), wanted at most 500; but ${nobody}`,
    )
    const beside = { ...latency, compare: 'raw' as const }
    expect(judgeGate(beside, slow, slow, context).verdict).toBe('error')
    expect(judgeGate(beside, fast, slow, context).verdict).toBe('pass')
    expect(judgeGate(beside, slow, fast, context).verdict).toBe('fail')
    // Of the stable revision's number it is known that it is 100 at least.
    const low = p95([10, 90], [100])
    const between = p95([900, 90, 10, 0], [100, 200, 300])
    expect(judgeGate(beside, between, low, context)).toMatchObject({ verdict: 'error' })
    const least = gateNamed('margin', { pass: { atLeast: -500 }, compare: 'raw' })
    const under: GateReading = {
      ...(p95([1000, 600, 300], [-400, -200]) as object),
      quantile: 0.1,
    } as GateReading
    expect(judgeGate(least, under, undefined, context)).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(/below all bounds .* first of which is -400, .* smaller bounds$/),
    })
  })
})
