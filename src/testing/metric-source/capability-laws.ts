import assert from 'node:assert/strict'
import type { Law } from '../kit.ts'
import type { MetricSourceSubject } from './subject.ts'

/** Laws of what a metric source says about its metrics. */
export const metricCapabilityLaws: readonly Law<MetricSourceSubject>[] = [
  {
    name: 'says of a metric whether it counts and how late it is, the same at each call',
    async check({ source, metric }) {
      const told = source.capabilities(metric)
      assert.equal(typeof told.counts, 'boolean', 'counts')
      assert.equal(typeof told.routerMeasured, 'boolean', 'routerMeasured')
      assert.ok(Number.isFinite(told.delayMs) && told.delayMs >= 0, `delayMs is ${told.delayMs}`)
      assert.deepEqual({ ...source.capabilities(metric) }, { ...told }, 'asked again')
    },
  },
  {
    name: 'has the numbers for an interval when its delay has passed',
    skip: ({ source, metric, pass }) =>
      source.capabilities(metric).delayMs === 0
        ? 'its numbers are not late'
        : pass === undefined
          ? 'its fixture cannot let time pass'
          : undefined,
    async check({ source, metric, deployment, nowMs, resolutionMs, seed, pass }) {
      const border = (atMs: number): number => Math.floor(atMs / resolutionMs) * resolutionMs
      const interval = { fromMs: border(nowMs - 2 * resolutionMs), toMs: border(nowMs) }
      await seed('r-late', interval.toMs - 0.5 * resolutionMs)
      await pass?.(source.capabilities(metric).delayMs + nowMs - interval.toMs)
      const labels = { deployment, revision: 'r-late' }
      const reading = await source.query({ metric, labels, interval })
      assert.notEqual(reading.kind, 'no-data', 'a sample of the interval has not arrived')
    },
  },
]
