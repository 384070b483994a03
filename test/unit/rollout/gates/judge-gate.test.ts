import { describe, expect, it } from 'vitest'
import { type GateReading, judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { gateNamed } from '../machine/fixtures.ts'

const covered = { fromMs: 0, toMs: 60_000 }
const ratio = (hits: number, total: number): GateReading => ({ kind: 'ratio', hits, total, covered })
const value = (number: number, count?: number): GateReading => ({
  kind: 'value',
  value: number,
  covered,
  ...(count !== undefined && { count }),
})
const nothing: GateReading = { kind: 'no-data', covered }
const broken: GateReading = { kind: 'error', message: 'connection refused' }

const accuracy = gateNamed('accuracy', { minSamples: 100, pass: { atLeast: 0.9 } })
const beside = gateNamed('accuracy', {
  minSamples: 100,
  pass: { noWorseThan: 'stable', by: 0.01, better: 'higher' },
})
const latency = gateNamed('latency', { pass: { noWorseThan: 'stable', by: 5, better: 'lower' } })

describe('a gate with a bound', () => {
  it('passes at the bound and fails below it', () => {
    expect(judgeGate(accuracy, ratio(900, 1000), undefined).verdict).toBe('pass')
    expect(judgeGate(accuracy, ratio(899, 1000), undefined).verdict).toBe('fail')
    const errors = gateNamed('errors', { pass: { atMost: 0.01 } })
    expect(judgeGate(errors, ratio(1, 100), undefined).verdict).toBe('pass')
    expect(judgeGate(errors, ratio(2, 100), undefined).verdict).toBe('fail')
  })

  it('is conclusive only when the margin is wider than the uncertainty', () => {
    expect(judgeGate(accuracy, ratio(890, 1000), undefined).conclusive).toBe(false)
    expect(judgeGate(accuracy, ratio(100, 1000), undefined).conclusive).toBe(true)
  })

  it('has verdicts for too few samples, no data and an error that differ from pass and fail', () => {
    expect(judgeGate(accuracy, ratio(99, 99), undefined).verdict).toBe('too-few-samples')
    expect(judgeGate(accuracy, ratio(0, 99), undefined).verdict).toBe('too-few-samples')
    expect(judgeGate(accuracy, nothing, undefined).verdict).toBe('no-data')
    expect(judgeGate(accuracy, broken, undefined).verdict).toBe('error')
    for (const reading of [ratio(99, 99), nothing, broken]) {
      expect(judgeGate(accuracy, reading, undefined).conclusive).toBe(false)
    }
  })

  it('reads a ratio of 0 samples as no data, and NaN or infinity as an error', () => {
    expect(judgeGate(accuracy, ratio(0, 0), undefined).verdict).toBe('no-data')
    expect(judgeGate(accuracy, value(Number.NaN, 500), undefined).verdict).toBe('error')
    expect(judgeGate(accuracy, value(Number.POSITIVE_INFINITY, 500), undefined).verdict).toBe('error')
  })

  it('never judges a value without a count early', () => {
    const plain = gateNamed('accuracy', { pass: { atLeast: 0.9 } })
    expect(judgeGate(plain, value(0.1), undefined)).toMatchObject({ verdict: 'fail', conclusive: false })
    expect(judgeGate(plain, value(0.95), undefined)).toMatchObject({ verdict: 'pass', conclusive: false })
  })

  it('judges a distribution by its mean, and early only once its spread is known', () => {
    const gate = gateNamed('latency', { pass: { atMost: 100 } })
    const of = (count: number): GateReading => ({
      kind: 'distribution',
      count,
      sum: 300 * count,
      sumSquares: 300 * 300 * count,
      covered,
    })
    expect(judgeGate(gate, of(2), undefined)).toMatchObject({ verdict: 'fail', conclusive: false })
    expect(judgeGate(gate, of(64), undefined)).toMatchObject({ verdict: 'fail', conclusive: true })
  })

  it('reports the start of the data, the rule and the numbers', () => {
    const late = { ...ratio(950, 1000), covered: { fromMs: 30_000, toMs: 60_000 } } as GateReading
    const result = judgeGate(accuracy, late, undefined)
    expect(result.coveredFromMs).toBe(30_000)
    expect(result.message).toBe('accuracy: labels.accuracy is 0.95 (1000 samples), wanted at least 0.9')
    expect(result.candidate).toEqual({ value: 0.95, samples: 1000 })
  })
})

describe('a gate that compares with stable', () => {
  it('passes when the candidate is not worse than allowed, whether higher or lower is better', () => {
    expect(judgeGate(beside, ratio(890, 1000), ratio(900, 1000)).verdict).toBe('pass')
    expect(judgeGate(beside, ratio(889, 1000), ratio(900, 1000)).verdict).toBe('fail')
    expect(judgeGate(latency, value(105), value(100)).verdict).toBe('pass')
    expect(judgeGate(latency, value(106), value(100)).verdict).toBe('fail')
  })

  it('adds up the uncertainty of the candidate and of stable', () => {
    expect(judgeGate(beside, ratio(500, 1000), ratio(900, 1000)).conclusive).toBe(true)
    expect(judgeGate(beside, ratio(70, 100), ratio(90, 100)).conclusive).toBe(false)
  })

  it('neither passes nor fails while stable has too few samples, no data or an error, or is missing', () => {
    expect(judgeGate(beside, ratio(900, 1000), ratio(9, 10)).verdict).toBe('too-few-samples')
    expect(judgeGate(beside, ratio(900, 1000), nothing).verdict).toBe('no-data')
    expect(judgeGate(beside, ratio(900, 1000), broken).verdict).toBe('error')
    expect(judgeGate(beside, ratio(900, 1000), undefined).verdict).toBe('no-data')
  })

  it('starts where both the candidate and stable have data', () => {
    const late = { ...ratio(900, 1000), covered: { fromMs: 30_000, toMs: 60_000 } } as GateReading
    expect(judgeGate(beside, ratio(900, 1000), late).coveredFromMs).toBe(30_000)
    expect(judgeGate(accuracy, ratio(900, 1000), late).coveredFromMs).toBeUndefined()
  })
})
