import { describe, expect, it } from 'vitest'
import { type MemoryReading, memoryMetrics } from '../../../src/telemetry/memory-metrics.ts'

const labels = { deployment: 'default/churn', revision: 'one' }
const interval = { fromMs: 0, toMs: 1000 }

describe('metrics in memory', () => {
  it('tell how many samples were retried, once a sample says so', () => {
    const source = memoryMetrics({ metrics: ['errors'] })
    const query = { metric: 'errors', labels, interval }
    source.add({ metric: 'errors', labels, atMs: 1, value: true })
    expect(source.query(query)).not.toHaveProperty('retried')
    source.add({ metric: 'errors', labels, atMs: 2, value: true, retried: false })
    expect(source.query(query)).toMatchObject({ total: 2, retried: 0 })
    source.add({ metric: 'errors', labels, atMs: 3, value: false, retried: true })
    expect(source.query(query)).toMatchObject({ total: 3, retried: 1 })
  })

  it('answer a histogram or events where they are told to', () => {
    const readings = {
      p50: { kind: 'histogram', quantile: 0.5, bounds: [10, 20] },
      rate: { kind: 'events' },
    } as const
    const source = memoryMetrics({ metrics: ['p50', 'rate'], readings })
    expect(source.query({ metric: 'p50', labels, interval })).toEqual({ kind: 'no-data', covered: interval })
    expect(source.query({ metric: 'rate', labels, interval })).toEqual({
      kind: 'events',
      events: 0,
      exposureMs: 1000,
      covered: interval,
    })
    expect(source.query({ metric: 'rate', labels, interval: { fromMs: 5, toMs: 5 } }).kind).toBe('no-data')
    for (const value of [10, 10.5, 20, 21, 500]) {
      source.add({ metric: 'p50', labels, atMs: 1, value }, { metric: 'rate', labels, atMs: 1, value })
    }
    expect(source.query({ metric: 'p50', labels, interval })).toMatchObject({ counts: [1, 2, 2] })
    expect(source.query({ metric: 'rate', labels, interval })).toMatchObject({ events: 5 })
  })

  it.each<[string, MemoryReading]>([
    [
      'readings["x"].quantile is 95: give a number between 0 and 1',
      { kind: 'histogram', quantile: 95, bounds: [1] },
    ],
    ['readings["x"].bounds is []: give ascending', { kind: 'histogram', quantile: 0.5, bounds: [] }],
    ['readings["x"].bounds is [2,1]: give ascending', { kind: 'histogram', quantile: 0.5, bounds: [2, 1] }],
  ])('refuse what is no histogram: %s', (message, reading) => {
    expect(() => memoryMetrics({ metrics: ['x'], readings: { x: reading } })).toThrow(message)
  })
})
