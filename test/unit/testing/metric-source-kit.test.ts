import { describe, expect, it } from 'vitest'
import type { MetricQuery, MetricReading, MetricSource } from '../../../src/telemetry/contract.ts'
import { memoryMetrics } from '../../../src/telemetry/memory-metrics.ts'
import {
  brokenLaws,
  type Fixture,
  type MetricSourceSubject,
  metricSourceLaws,
} from '../../../src/testing/index.ts'

type Query = (query: MetricQuery) => MetricReading
type Break = (query: Query) => Query

const metric = 'errors'

/** By law: what a source does that breaks it. */
const breaks: Readonly<Record<string, Break>> = {
  'answers with what was measured in the interval': () => () => ({ kind: 'no-data' }),
  'has no data where nothing was measured, which is neither zero nor an error': (query) => (asked) => {
    const reading = query(asked)
    return reading.kind === 'no-data'
      ? { kind: 'ratio', hits: 0, total: 1, covered: asked.interval }
      : reading
  },
  'never reaches back before the interval': (query) => (asked) => {
    const fromMs = asked.interval.fromMs - 2
    return query({ ...asked, interval: { ...asked.interval, fromMs } })
  },
  'counts nothing from the end of the interval on': (query) => (asked) => {
    const { interval } = asked
    const reading = query({ ...asked, interval: { ...interval, toMs: interval.toMs + 2 } })
    return { ...reading, covered: interval }
  },
  'covers nothing after the interval, unless it began only then': (query) => (asked) => {
    const { interval } = asked
    return { ...query(asked), covered: { ...interval, toMs: interval.toMs + 1 } }
  },
  'keeps revisions apart': (query) => (asked) => {
    const { deployment = '' } = asked.labels
    return query({ ...asked, labels: { deployment } })
  },
  'gives numbers that can be true': (query) => (asked) => {
    const reading = query(asked)
    return reading.kind === 'ratio' ? { ...reading, hits: reading.total + 1 } : reading
  },
  'answers the same question the same way twice': (query) => {
    let asked = 0
    return (question) => {
      asked += 1
      const reading = query(question)
      return reading.kind === 'ratio' ? { ...reading, hits: asked % 2 } : reading
    }
  },
  'answers for an hour ago': (query) => (asked) => {
    const long = asked.interval.toMs - asked.interval.fromMs > 1_000_000
    return long ? { kind: 'no-data' } : query(asked)
  },
  'ends a query whose signal has fired': (query) => (asked) => {
    const { abortSignal: _, ...rest } = asked
    return query(rest)
  },
  'refuses a metric it does not have, by name': (query) => (asked) =>
    asked.metric === metric ? query(asked) : { kind: 'no-data' },
  'tells a source that cannot answer from one without data': (query) => (asked) => {
    try {
      return query(asked)
    } catch (error) {
      if (error instanceof Error && error.message.includes('down')) return { kind: 'no-data' }
      throw error
    }
  },
}

function fixture(how: Break = (query) => query): Fixture<MetricSourceSubject> {
  const memory = memoryMetrics({ metrics: [metric] })
  const deployment = 'default/churn'
  const source: MetricSource = {
    capabilities: memory.capabilities,
    query: how((asked) => memory.query(asked)),
  }
  return {
    subject: {
      source,
      metric,
      deployment,
      unknownMetric: 'nothing',
      nowMs: 10_000_000,
      resolutionMs: 1,
      seed: (revision, atMs) => memory.add({ metric, labels: { deployment, revision }, atMs, value: true }),
      disconnect: () => memory.fail('the source is down'),
    },
  }
}

describe('the kit of MetricSource', () => {
  it('has a broken source for every law', () => {
    expect(Object.keys(breaks).sort()).toEqual(metricSourceLaws.map(({ name }) => name).sort())
  })

  it('passes a source that keeps them', async () => {
    expect(await brokenLaws('MetricSource', metricSourceLaws, () => fixture())).toEqual([])
  })

  it.each(Object.entries(breaks))('catches who breaks "%s"', async (law, how) => {
    const broken = await brokenLaws('MetricSource', metricSourceLaws, () => fixture(how))
    expect(
      broken.map(({ message }) => message).filter((message) => message.includes(`"${law}"`)),
    ).toHaveLength(1)
  })
})
