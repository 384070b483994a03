import assert from 'node:assert/strict'
import { nextTurn } from '../clock.ts'
import { readingSamples } from '../telemetry/contract/reading-samples.ts'
import type { Interval, MetricReading } from '../telemetry/contract.ts'
import { type KitOptions, type Law, runKit } from './kit.ts'
import { metricCapabilityLaws } from './metric-source/capability-laws.ts'
import { checkNumbers, isSilent } from './metric-source/check-numbers.ts'
import { metricDataLaws } from './metric-source/data-laws.ts'
import type { MetricSourceSubject } from './metric-source/subject.ts'
import { refuses } from './refuses.ts'
import { usualPatienceMs, within } from './within.ts'

export type { MetricSourceSubject } from './metric-source/subject.ts'

const revision = 'r-one'
const hourMs = 3_600_000

async function read(
  subject: MetricSourceSubject,
  interval: Interval,
  of: string = revision,
): Promise<MetricReading> {
  const { source, metric, deployment } = subject
  return await source.query({ metric, labels: { deployment, revision: of }, interval })
}

function counts({ source, metric }: MetricSourceSubject): boolean {
  return source.capabilities(metric).counts
}

/** Three samples in the middle of an interval, on borders that no bucket cuts. */
async function seedThree(subject: MetricSourceSubject): Promise<Interval> {
  const { nowMs, resolutionMs } = subject
  const border = (atMs: number): number => Math.floor(atMs / resolutionMs) * resolutionMs
  const interval = { fromMs: border(nowMs - 6 * resolutionMs), toMs: border(nowMs - 2 * resolutionMs) }
  for (const part of [0, 1, 2]) await subject.seed(revision, interval.fromMs + (part + 0.5) * resolutionMs)
  return interval
}

export const metricSourceLaws: readonly Law<MetricSourceSubject>[] = [
  {
    name: 'answers with the samples of the interval',
    async check(subject) {
      const interval = await seedThree(subject)
      const reading = await read(subject, interval)
      assert.notEqual(reading.kind, 'no-data', 'three samples were seeded, and there is no data')
      if (counts(subject)) assert.equal(readingSamples(reading), 3, 'samples counted')
    },
  },
  {
    name: 'answers no-data for an interval without samples, not zero and not an error',
    async check(subject) {
      const { nowMs, resolutionMs } = subject
      const interval = { fromMs: nowMs - 4 * resolutionMs, toMs: nowMs - resolutionMs }
      isSilent(await read(subject, interval), 'with no sample at all')
      await seedThree(subject)
      const before = { fromMs: nowMs - 40 * resolutionMs, toMs: nowMs - 20 * resolutionMs }
      isSilent(await read(subject, before), 'before the first sample')
    },
  },
  {
    name: 'never counts a sample from before the interval',
    async check(subject) {
      const interval = await seedThree(subject)
      for (const back of [1, 2, 30]) {
        await subject.seed(revision, interval.fromMs - (back - 0.5) * subject.resolutionMs)
      }
      const reading = await read(subject, interval)
      if (counts(subject)) assert.equal(readingSamples(reading), 3, 'samples counted')
      if (reading.covered !== undefined) {
        assert.ok(reading.covered.fromMs >= interval.fromMs, 'covered begins before the interval')
      }
    },
  },
  {
    name: 'counts no sample at or after the end of the interval',
    skip: (subject) => (counts(subject) ? undefined : 'it does not count samples'),
    async check(subject) {
      const interval = await seedThree(subject)
      await subject.seed(revision, interval.toMs + 0.5 * subject.resolutionMs)
      assert.equal(readingSamples(await read(subject, interval)), 3, 'samples counted')
    },
  },
  {
    name: 'covers no time after the interval, unless it began later',
    async check(subject) {
      const interval = await seedThree(subject)
      const { covered } = await read(subject, interval)
      if (covered === undefined) return
      assert.ok(covered.fromMs <= covered.toMs, 'covered ends before it begins')
      assert.ok(covered.toMs <= Math.max(interval.toMs, covered.fromMs), 'covered ends after the interval')
    },
  },
  {
    name: 'keeps revisions apart',
    async check(subject) {
      const interval = await seedThree(subject)
      isSilent(await read(subject, interval, 'r-two'), 'of a revision without samples')
      await subject.seed('r-two', interval.fromMs + 0.5 * subject.resolutionMs)
      if (!counts(subject)) return
      assert.equal(readingSamples(await read(subject, interval)), 3, 'samples of the first revision')
      assert.equal(
        readingSamples(await read(subject, interval, 'r-two')),
        1,
        'samples of the second revision',
      )
    },
  },
  {
    name: 'gives only possible numbers',
    async check(subject) {
      const interval = await seedThree(subject)
      checkNumbers(await read(subject, interval), counts(subject))
    },
  },
  {
    name: 'gives the same answer to the same question',
    async check(subject) {
      const interval = await seedThree(subject)
      assert.deepEqual(await read(subject, interval), await read(subject, interval))
    },
  },
  {
    name: 'answers for samples of the last hour',
    async check(subject) {
      const atMs = subject.nowMs - hourMs / 2
      await subject.seed(revision, atMs)
      const reading = await read(subject, { fromMs: subject.nowMs - hourMs, toMs: subject.nowMs })
      const lost =
        reading.kind === 'no-data' && (reading.covered === undefined || reading.covered.fromMs <= atMs)
      assert.ok(!lost, 'covered includes the time of a sample that was not counted')
    },
  },
  {
    name: 'ends a query when its abortSignal has fired',
    async check({ source, metric, deployment, nowMs }) {
      const interval = { fromMs: nowMs - 1000, toMs: nowMs }
      const abortSignal = AbortSignal.abort(new Error('enough'))
      await refuses('aborted', 'query', async () =>
        source.query({ metric, labels: { deployment, revision }, interval, abortSignal }),
      )
    },
  },
  {
    name: 'refuses a metric that it does not have, and names the metric',
    skip: ({ unknownMetric }) =>
      unknownMetric === undefined ? 'it cannot tell an unknown metric from a metric without data' : undefined,
    async check({ source, deployment, nowMs, unknownMetric = '' }) {
      const interval = { fromMs: nowMs - 1000, toMs: nowMs }
      const ask = async (): Promise<MetricReading> =>
        source.query({ metric: unknownMetric, labels: { deployment, revision }, interval })
      await refuses('metric-error', `the metric ${unknownMetric}`, ask)
      await ask().catch((error: Error) => {
        assert.ok(error.message.includes(unknownMetric), 'the message does not name the metric')
      })
    },
  },
  {
    name: 'throws metric-error when it cannot answer, instead of no-data',
    hooks: ['disconnect'],
    async check(subject) {
      const interval = await seedThree(subject)
      await subject.disconnect?.()
      await refuses('metric-error', 'a query without a source', () => read(subject, interval))
    },
  },
  {
    name: 'ends a query that nobody answers when its abortSignal fires',
    hooks: ['stall'],
    async check(subject) {
      const { source, metric, deployment, nowMs, patienceMs = usualPatienceMs } = subject
      await subject.stall?.()
      const interval = { fromMs: nowMs - 1000, toMs: nowMs }
      const controller = new AbortController()
      const asked = { metric, labels: { deployment, revision }, interval, abortSignal: controller.signal }
      const refused = refuses('aborted', 'query', async () => source.query(asked))
      await nextTurn()
      controller.abort(new Error('enough'))
      await within(patienceMs, refused, 'query ends when aborted')
    },
  },
  ...metricDataLaws,
  ...metricCapabilityLaws,
]

/** Registers the laws of MetricSource as tests of one implementation. */
export function metricSourceConformance(options: KitOptions<MetricSourceSubject>): void {
  runKit('MetricSource', metricSourceLaws, options)
}
