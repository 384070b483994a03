import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeGate } from '../../../../src/rollout/gates/judge-gate.ts'
import { impossibleSums } from '../../../../src/rollout/gates/judging/impossible-sums.ts'
import type { MetricReading } from '../../../../src/telemetry/contract.ts'
import { gateNamed } from '../machine/fixtures.ts'

type Data = Exclude<MetricReading, { kind: 'no-data' }>

const covered = { fromMs: 0, toMs: 60_000 }
const ratio = (hits: number, total: number): Data => ({ kind: 'ratio', hits, total, covered })
const sums = (count: number, sum: number, sumSquares: number): Data => ({
  kind: 'distribution',
  count,
  sum,
  sumSquares,
  covered,
})
const cells = (counts: readonly number[], rest: object = {}): Data => ({
  kind: 'histogram',
  quantile: 0.95,
  bounds: [1, 2],
  counts,
  covered,
  ...rest,
})
const events = (count: number, exposureMs: number): Data => ({
  kind: 'events',
  events: count,
  exposureMs,
  covered,
})

const faults: readonly (readonly [string, Data])[] = [
  ['hits is 3 and total is 2: hits are at most total', ratio(3, 2)],
  ['hits is 1 and total is 0: hits are at most total', ratio(1, 0)],
  ['hits is -1: it is a finite number from 0 on', ratio(-1, 2)],
  ['total is -2: it is a finite number from 0 on', ratio(-3, -2)],
  ['total is NaN: it is a finite number from 0 on', ratio(1, Number.NaN)],
  ['count is -4: it is a finite number from 0 on', sums(-4, 1, 1)],
  ['sum is Infinity: it is a finite number', sums(4, Number.POSITIVE_INFINITY, 1)],
  ['sumSquares is -1: it is a finite number from 0 on', sums(4, 1, -1)],
  ['sumSquares is 99, and 4 samples with the sum 20 have 100 at least', sums(4, 20, 99)],
  ['sumSquares is 99, and 4 samples with the sum -20 have 100 at least', sums(4, -20, 99)],
  ['count is 0, and sum is 5: without samples all sums are 0', sums(0, 5, 25)],
  ['counts[1] is NaN: it is a finite number from 0 on', cells([5, Number.NaN, 1])],
  ['counts[2] is -1: it is a finite number from 0 on', cells([5, 3, -1])],
  ['counts has 2 numbers and bounds has 2: counts has one more than bounds', cells([5, 3])],
  ['bounds has no number: it has one at least', cells([5], { bounds: [] })],
  ['bounds[1] is 1: bounds are finite and ascend', cells([5, 3, 1], { bounds: [1, 1] })],
  [
    'bounds[1] is Infinity: bounds are finite and ascend',
    cells([5, 3, 1], { bounds: [1, Number.POSITIVE_INFINITY] }),
  ],
  ['quantile is 95: it lies between 0 and 1', cells([5, 3, 1], { quantile: 95 })],
  ['events is -1: it is a finite number from 0 on', events(-1, 1000)],
  ['exposureMs is 0: it is a number above 0', events(1, 0)],
  ['count is -1: it is a finite number from 0 on', { kind: 'value', value: 1, count: -1, covered }],
]

describe('sums that no samples can have', () => {
  it.each(faults)('are told by field, value and what would be right: %s', (fault, reading) => {
    expect(impossibleSums(reading)).toBe(fault)
  })

  it('are an error of the gate, of the candidate as of the stable revision, and never a verdict', () => {
    const gate = gateNamed('latency', { pass: { noWorseThan: 'stable', by: 1, better: 'lower' } })
    const good = sums(1000, 5000, 26_000)
    for (const [fault, reading] of faults) {
      const context = { alpha: 0.05, share: 0.5, fromMs: 0 }
      const message = `latency: labels.accuracy of the candidate cannot be so: ${fault}`
      expect(judgeGate(gate, reading, good, context)).toMatchObject({
        verdict: 'error',
        conclusive: false,
        message,
      })
      expect(judgeGate(gate, good, reading, context)).toMatchObject({
        verdict: 'error',
        message: message.replace('candidate', 'stable revision'),
      })
    }
  })

  it('are not those of any samples, however they are rounded', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(values, (each) => {
        const of = (power: number): number => each.reduce((sum, value) => sum + value ** power, 0)
        expect(impossibleSums(sums(each.length, of(1), of(2)))).toBeUndefined()
        const same = each.map(() => each[0] as number)
        const total = same.reduce((sum, value) => sum + value, 0)
        const squares = same.reduce((sum, value) => sum + value * value, 0)
        expect(impossibleSums(sums(same.length, total, squares))).toBeUndefined()
      }),
    )
    expect(impossibleSums(sums(0, 0, 0))).toBeUndefined()
    expect(impossibleSums(ratio(0, 0))).toBeUndefined()
    expect(impossibleSums(cells([0, 0, 0]))).toBeUndefined()
    expect(impossibleSums(events(0, 1000))).toBeUndefined()
  })
})
