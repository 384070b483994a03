import { describe, expect, it } from 'vitest'
import type { MetricReading } from '../../../src/telemetry/contract.ts'
import { checkNumbers } from '../../../src/testing/metric-source/check-numbers.ts'

const covered = { fromMs: 0, toMs: 1000 }
const ratio = { kind: 'ratio', hits: 1, total: 4, covered } as const
const distribution = { kind: 'distribution', count: 2, sum: 4, sumSquares: 8, covered } as const
const histogram = { kind: 'histogram', quantile: 0.5, bounds: [1, 2], counts: [0, 4, 1], covered } as const
const events = { kind: 'events', events: 0, exposureMs: 1000, covered } as const

describe('the numbers of a reading', () => {
  it.each<[string, MetricReading]>([
    ['no data', { kind: 'no-data' }],
    ['a ratio', { ...ratio, assigned: 9, retried: 4, expected: 7, heard: 7 }],
    ['a value', { kind: 'value', value: 1, count: 3, covered }],
    ['a distribution', distribution],
    ['a histogram', histogram],
    ['no events', events],
  ])('are possible: %s', (_what, reading) => {
    checkNumbers(reading, true)
  })

  it.each<[string, MetricReading]>([
    ['hits is 1.5', { ...ratio, hits: 1.5 }],
    ['total is NaN', { ...ratio, total: Number.NaN }],
    ['total is -1', { ...ratio, total: -1 }],
    ['a ratio of nothing', { ...ratio, hits: 0, total: 0 }],
    ['5 hits of 4', { ...ratio, hits: 5 }],
    ['the value is NaN', { kind: 'value', value: Number.NaN, count: 1, covered }],
    ['declares counts', { kind: 'value', value: 1, covered }],
    ['count is 0.5', { kind: 'value', value: 1, count: 0.5, covered }],
    ['a distribution of nothing', { ...distribution, count: 0 }],
    ['the sum is Infinity', { ...distribution, sum: Number.POSITIVE_INFINITY }],
    ['the sum of squares', { ...distribution, sumSquares: 7 }],
    ['the quantile is 1', { ...histogram, quantile: 1 }],
    ['one bound at least', { ...histogram, bounds: [], counts: [1] }],
    ['bounds[1] is 1', { ...histogram, bounds: [1, 1] }],
    ['one count more than bounds', { ...histogram, counts: [1, 1] }],
    ['a count is 0.5', { ...histogram, counts: [0, 0.5, 0] }],
    ['a histogram of nothing', { ...histogram, counts: [0, 0, 0] }],
    ['events is -1', { ...events, events: -1 }],
    ['exposureMs is 0', { ...events, exposureMs: 0 }],
    ['assigned is 1.5', { ...ratio, assigned: 1.5 }],
    ['5 of 4 samples were retried', { ...ratio, retried: 5 }],
    ['1 of 0 samples were retried', { ...events, retried: 1 }],
    ['and not of how many', { ...ratio, heard: 1 }],
    ['8 of 7 requests', { ...ratio, expected: 7, heard: 8 }],
  ])('are impossible: %s', (what, reading) => {
    expect(() => checkNumbers(reading, true)).toThrow(what)
  })
})
