import { describe, expect, it } from 'vitest'
import { readServing } from '../../../../src/rollout/gates/read-serving.ts'
import type { Interval, MetricReading, MetricSource } from '../../../../src/telemetry/contract.ts'

const nowMs = 10_000_000

function answering(answer: (interval: Interval) => MetricReading): {
  source: MetricSource
  asked: Interval[]
} {
  const asked: Interval[] = []
  return {
    asked,
    source: {
      capabilities: () => ({ counts: true, routerMeasured: true, delayMs: 0 }),
      query({ interval }) {
        asked.push(interval)
        return answer(interval)
      },
    },
  }
}

const read = (source: MetricSource | undefined, lookMs = 60_000) =>
  readServing(source, 'default/churn', 'r1', { nowMs, lookMs })

describe('the result of requests to the stable revision', () => {
  it('covers more than the time between two looks with their jitter, and at least a minute', async () => {
    const { source, asked } = answering((covered) => ({ kind: 'ratio', hits: 3, total: 4, covered }))
    expect(await read(source)).toEqual({ revision: 'r1', failed: 3, total: 4 })
    await read(source, 600_000)
    await read(source, 100)
    expect(asked.map(({ fromMs, toMs }) => [toMs - fromMs >= 66_000, toMs])).toEqual([
      [true, nowMs],
      [true, nowMs],
      [false, nowMs],
    ])
    expect(asked.map(({ fromMs, toMs }) => toMs - fromMs)).toEqual([120_000, 1_200_000, 60_000])
  })

  it('is zero requests when there is no data, and unknown without a working source or a stable revision', async () => {
    expect(await read(answering(() => ({ kind: 'no-data' })).source)).toEqual({
      revision: 'r1',
      failed: 0,
      total: 0,
    })
    const broken = answering(() => {
      throw new Error('down')
    })
    expect(await read(broken.source)).toBeUndefined()
    expect(await read(undefined)).toBeUndefined()
    const { source, asked } = answering(() => ({ kind: 'no-data' }))
    expect(await readServing(source, 'default/churn', undefined, { nowMs, lookMs: 1 })).toBeUndefined()
    expect(asked).toEqual([])
  })
})
