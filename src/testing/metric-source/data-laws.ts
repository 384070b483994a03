import assert from 'node:assert/strict'
import { isModelspineError } from '../../errors.ts'
import { readingSamples } from '../../telemetry/contract/reading-samples.ts'
import type { Interval, MetricReading } from '../../telemetry/contract.ts'
import type { Law, NotApplicable } from '../kit.ts'
import { isSilent } from './check-numbers.ts'
import type { MetricSourceSubject } from './subject.ts'

const revision = 'r-one'
const uncounted: NotApplicable = { notApplicable: 'its readings have no number of samples' }

/** Laws of which samples a reading holds, and of what it says to cover. */
export const metricDataLaws: readonly Law<MetricSourceSubject>[] = [
  {
    name: 'counts no data of another deployment',
    async check(subject) {
      const interval = await seedThree(subject)
      const other = await ask(subject, interval, { deployment: `${subject.deployment}-other`, revision })
      isSilent(other, 'of a deployment without samples')
    },
  },
  {
    name: 'answers no numbers for a label that it does not know',
    async check(subject) {
      const interval = await seedThree(subject)
      const labels = { deployment: subject.deployment, revision, 'kit-unknown': 'something' }
      const reading = await ask(subject, interval, labels).catch((error: unknown) => {
        assert.ok(isModelspineError(error, 'metric-error'), `it throws ${String(error)}, not metric-error`)
      })
      if (reading !== undefined) isSilent(reading, 'it answers as if the label had not been given')
    },
  },
  {
    name: 'gives one revision the same numbers whatever others do',
    async check(subject) {
      const interval = await seedThree(subject)
      const before = await ask(subject, interval)
      for (const part of [0, 1, 2]) {
        await subject.seed('r-two', interval.fromMs + (part + 0.5) * subject.resolutionMs)
      }
      assert.deepEqual(await ask(subject, interval), before)
      if (before.kind === 'ratio') assert.ok(before.hits > 0, 'the fixture must seed hits: see `seed`')
    },
  },
  {
    name: 'counts no sample from the very end of the interval',
    async check(subject) {
      const interval = await seedThree(subject)
      await subject.seed(revision, interval.toMs)
      const samples = readingSamples(await ask(subject, interval))
      if (samples === undefined) return uncounted
      assert.equal(samples, 3, 'samples counted')
      return undefined
    },
  },
  {
    name: 'covers no time from before its data begins',
    hooks: ['beginAt'],
    async check(subject) {
      const { resolutionMs } = subject
      const interval = intervalOf(subject)
      const beganMs = interval.fromMs + 2 * resolutionMs
      await subject.beginAt?.(beganMs)
      await subject.seed(revision, beganMs + 1.5 * resolutionMs)
      const later = await ask(subject, interval)
      assert.notEqual(later.kind, 'no-data', 'a sample was seeded, and there is no data')
      expectFrom(later, beganMs)
      const earlier = await ask(subject, { fromMs: interval.fromMs, toMs: beganMs - resolutionMs })
      isSilent(earlier, 'before its data begins')
      expectFrom(earlier, beganMs)
    },
  },
  {
    name: 'counts on when a counter begins again at zero',
    hooks: ['resetAt'],
    async check(subject) {
      const { resolutionMs } = subject
      const interval = intervalOf(subject)
      const at = (part: number): number => interval.fromMs + part * resolutionMs
      await subject.seed(revision, at(0.5))
      await subject.seed(revision, at(1.5))
      await subject.resetAt?.(at(2))
      await subject.seed(revision, at(2.5))
      const reading = await ask(subject, interval)
      const samples = readingSamples(reading)
      if (samples === undefined) return uncounted
      const isCut = reading.covered !== undefined && reading.covered.fromMs >= at(2)
      assert.equal(samples, isCut ? 1 : 3, `samples counted, covered ${JSON.stringify(reading.covered)}`)
      return undefined
    },
  },
]

/** Four buckets, on borders that no bucket cuts. */
function intervalOf({ nowMs, resolutionMs }: MetricSourceSubject): Interval {
  const border = (atMs: number): number => Math.floor(atMs / resolutionMs) * resolutionMs
  return { fromMs: border(nowMs - 6 * resolutionMs), toMs: border(nowMs - 2 * resolutionMs) }
}

async function seedThree(subject: MetricSourceSubject): Promise<Interval> {
  const interval = intervalOf(subject)
  for (const part of [0, 1, 2]) {
    await subject.seed(revision, interval.fromMs + (part + 0.5) * subject.resolutionMs)
  }
  return interval
}

async function ask(
  { source, metric, deployment }: MetricSourceSubject,
  interval: Interval,
  labels: Readonly<Record<string, string>> = { deployment, revision },
): Promise<MetricReading> {
  return await source.query({ metric, labels, interval })
}

function expectFrom({ covered }: MetricReading, beganMs: number): void {
  if (covered === undefined) return
  const early = beganMs - covered.fromMs
  assert.ok(early <= 0, `covered begins ${early} ms before the data`)
}
