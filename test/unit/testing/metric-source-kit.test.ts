import { describe, expect, it } from 'vitest'
import type {
  MetricCapabilities,
  MetricQuery,
  MetricReading,
  MetricSource,
} from '../../../src/telemetry/contract.ts'
import { memoryMetrics } from '../../../src/telemetry/memory-metrics.ts'
import {
  brokenLaws,
  createFakeClock,
  type Fixture,
  type MetricSourceSubject,
  metricSourceLaws,
} from '../../../src/testing/index.ts'
import { sourceDefects } from './planted/source-defects.ts'

type Query = (query: MetricQuery) => MetricReading
type Break = (query: Query) => Query
type Lie = (told: MetricCapabilities, calls: number) => MetricCapabilities

const metric = 'errors'

/** For each law, a change to a source that breaks the law. */
const breaks: Readonly<Record<string, Break>> = {
  'answers with the samples of the interval': () => () => ({ kind: 'no-data' }),
  'answers no-data for an interval without samples, not zero and not an error': (query) => (asked) => {
    const reading = query(asked)
    return reading.kind === 'no-data'
      ? { kind: 'ratio', hits: 0, total: 1, covered: asked.interval }
      : reading
  },
  'never counts a sample from before the interval': (query) => (asked) => {
    const fromMs = asked.interval.fromMs - 80
    return query({ ...asked, interval: { ...asked.interval, fromMs } })
  },
  'counts no sample at or after the end of the interval': (query) => (asked) => {
    const { interval } = asked
    const reading = query({ ...asked, interval: { ...interval, toMs: interval.toMs + 80 } })
    return { ...reading, covered: interval }
  },
  'covers no time after the interval, unless it began later': (query) => (asked) => {
    const { interval } = asked
    return { ...query(asked), covered: { ...interval, toMs: interval.toMs + 1 } }
  },
  'keeps revisions apart': (query) => (asked) => {
    const { deployment = '' } = asked.labels
    return query({ ...asked, labels: { deployment } })
  },
  'gives only possible numbers': (query) => (asked) => {
    const reading = query(asked)
    return reading.kind === 'ratio' ? { ...reading, hits: reading.total + 1 } : reading
  },
  'gives the same answer to the same question': (query) => {
    let asked = 0
    return (question) => {
      asked += 1
      const reading = query(question)
      return reading.kind === 'ratio' ? { ...reading, hits: asked % 2 } : reading
    }
  },
  'answers for samples of the last hour': (query) => (asked) => {
    const long = asked.interval.toMs - asked.interval.fromMs > 1_000_000
    return long ? { kind: 'no-data' } : query(asked)
  },
  'ends a query when its abortSignal has fired': (query) => (asked) => {
    const { abortSignal: _, ...rest } = asked
    return query(rest)
  },
  'refuses a metric that it does not have, and names the metric': (query) => (asked) =>
    asked.metric === metric ? query(asked) : { kind: 'no-data' },
  'throws metric-error when it cannot answer, instead of no-data': (query) => (asked) => {
    try {
      return query(asked)
    } catch (error) {
      if (error instanceof Error && error.message.includes('down')) return { kind: 'no-data' }
      throw error
    }
  },
}

/** For each law of what a source tells about itself, a source that tells it wrong. */
const lies: Readonly<Record<string, Lie>> = {
  'says of a metric whether it counts and how late it is, the same at each call': (told, calls) => ({
    ...told,
    delayMs: told.delayMs + calls,
  }),
  'has the numbers for an interval when its delay has passed': (told) => ({ ...told, delayMs: 1 }),
}

async function fixture(
  how: Break = (query) => query,
  lie: Lie = (told) => told,
): Promise<Fixture<MetricSourceSubject>> {
  const clock = createFakeClock()
  await clock.advance(7_200_000)
  const memory = memoryMetrics({ metrics: [metric], late: { delayMs: 30, clock } })
  const deployment = 'default/churn'
  let calls = 0
  const source: MetricSource = {
    capabilities: (asked) => {
      calls += 1
      return lie(memory.capabilities(asked), calls)
    },
    query: how((asked) => memory.query(asked)),
  }
  return {
    subject: {
      source,
      metric,
      deployment,
      unknownMetric: 'nothing',
      nowMs: clock.now(),
      resolutionMs: 40,
      pass: clock.advance,
      seed: (revision, atMs) => memory.add({ metric, labels: { deployment, revision }, atMs, value: true }),
      disconnect: () => memory.fail('the source is down'),
    },
  }
}

describe('the kit of MetricSource', () => {
  it('has a broken source for every law', () => {
    const laws = Object.values(sourceDefects).flat()
    const broken = new Set([...Object.keys(breaks), ...Object.keys(lies), ...laws])
    expect([...broken].sort()).toEqual(metricSourceLaws.map(({ name }) => name).sort())
  })

  it('reports no fault of a source that keeps the laws', async () => {
    expect(await brokenLaws('MetricSource', metricSourceLaws, () => fixture())).toEqual([])
  })

  it.each(Object.entries(lies))('reports a source that breaks the law: %s', async (law, lie) => {
    const broken = await brokenLaws('MetricSource', metricSourceLaws, () => fixture(undefined, lie))
    expect(broken.filter(({ message }) => message.includes(`"${law}"`))).toHaveLength(1)
  })

  it.each(Object.entries(breaks))('reports a source that breaks the law: %s', async (law, how) => {
    const broken = await brokenLaws('MetricSource', metricSourceLaws, () => fixture(how))
    expect(
      broken.map(({ message }) => message).filter((message) => message.includes(`"${law}"`)),
    ).toHaveLength(1)
  })
})
