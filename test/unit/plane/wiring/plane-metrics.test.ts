import { describe, expect, it } from 'vitest'
import type { FeedbackRoom } from '../../../../src/feedback/create-feedback.ts'
import { planeMetrics } from '../../../../src/plane/wiring/plane-metrics.ts'
import type { MetricReading } from '../../../../src/telemetry/contract.ts'
import type { MetricWindows } from '../../../../src/telemetry/metric-windows.ts'

const covered = { fromMs: 0, toMs: 60_000 }
const labels: MetricReading = { kind: 'ratio', hits: 9, total: 10, covered }
const capabilities = { counts: true, routerMeasured: true, delayMs: 0 }

/** What the plane reads of labels beside what the request windows answer. */
function readWith(requests: MetricReading): MetricReading | Promise<MetricReading> {
  const windows = { metrics: ['requests.total'], capabilities: () => capabilities, query: () => requests }
  const feedback = { metrics: ['labels.accuracy'], capabilities: () => capabilities, query: () => labels }
  const source = planeMetrics(windows as unknown as MetricWindows, feedback as unknown as FeedbackRoom)
  return source.query({
    metric: 'labels.accuracy',
    labels: { deployment: 'default/churn', revision: 'aaaa' },
    interval: covered,
  })
}

describe('the plane’s own measurements', () => {
  it('tell beside signals how many requests came to the revision first', async () => {
    expect(await readWith({ kind: 'no-data', covered, assigned: 30 })).toEqual({ ...labels, assigned: 30 })
    expect(await readWith({ kind: 'no-data', covered, assigned: 0 })).toEqual({ ...labels, assigned: 0 })
  })

  it('tell no number of requests where none is known', async () => {
    expect(await readWith({ kind: 'no-data' })).toEqual(labels)
  })
})
