import assert from 'node:assert/strict'
import { readingSamples } from '../../telemetry/contract/reading-samples.ts'
import type { HistogramReading, MetricReading } from '../../telemetry/contract.ts'

/** Fails for a reading whose numbers cannot be true. `counted`: its source declares that it counts samples. */
export function checkNumbers(reading: MetricReading, counted: boolean): void {
  switch (reading.kind) {
    case 'no-data':
      return
    case 'ratio':
      whole(reading.hits, 'hits')
      whole(reading.total, 'total')
      assert.ok(reading.total > 0, 'a ratio of nothing is no data')
      assert.ok(reading.hits <= reading.total, `${reading.hits} hits of ${reading.total}`)
      break
    case 'value':
      assert.ok(Number.isFinite(reading.value), `the value is ${reading.value}`)
      assert.ok(!counted || reading.count !== undefined, 'it declares counts and gives none')
      if (reading.count !== undefined) whole(reading.count, 'count')
      break
    case 'distribution':
      whole(reading.count, 'count')
      assert.ok(reading.count > 0, 'a distribution of nothing is no data')
      assert.ok(Number.isFinite(reading.sum), `the sum is ${reading.sum}`)
      assert.ok(
        reading.sumSquares * reading.count >= reading.sum ** 2 * (1 - 1e-9),
        'the sum of squares is too small for the sum',
      )
      break
    case 'histogram':
      checkHistogram(reading)
      break
    case 'events':
      whole(reading.events, 'events')
      assert.ok(
        Number.isFinite(reading.exposureMs) && reading.exposureMs > 0,
        `exposureMs is ${reading.exposureMs}`,
      )
  }
  const { assigned, retried, expected, heard } = reading
  for (const [name, count] of Object.entries({ assigned, retried, expected, heard })) {
    if (count !== undefined) whole(count, name)
  }
  const samples = readingSamples(reading)
  if (retried !== undefined && samples !== undefined) {
    assert.ok(retried <= samples, `${retried} of ${samples} samples were retried`)
  }
  if (heard !== undefined) {
    assert.ok(expected !== undefined, 'it tells how many requests were heard of, and not of how many')
    assert.ok(heard <= expected, `${heard} of ${expected} requests were heard of`)
  }
}

/** Fails for a reading with data. That nothing happened is said by 0 events, too. */
export function isSilent(reading: MetricReading, when: string): void {
  if (reading.kind === 'events' && reading.events === 0) return
  assert.equal(reading.kind, 'no-data', when)
}

function checkHistogram({ quantile, bounds, counts }: HistogramReading): void {
  assert.ok(quantile > 0 && quantile < 1, `the quantile is ${quantile}`)
  assert.ok(bounds.length > 0, 'a histogram has one bound at least')
  for (const [place, bound] of bounds.entries()) {
    const before = bounds[place - 1] ?? Number.NEGATIVE_INFINITY
    assert.ok(Number.isFinite(bound) && bound > before, `bounds[${place}] is ${bound}, after ${before}`)
  }
  assert.equal(counts.length, bounds.length + 1, 'there is one count more than bounds')
  for (const count of counts) whole(count, 'a count')
  assert.ok(
    counts.some((count) => count > 0),
    'a histogram of nothing is no data',
  )
}

function whole(count: number, what: string): void {
  assert.ok(Number.isInteger(count) && count >= 0, `${what} is ${count}`)
}
