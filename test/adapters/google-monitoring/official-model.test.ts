import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { googleAligners, googleReducers } from '../../../adapters/google-monitoring/metric-definitions.ts'
import { googleModel } from '../../official/google-model.ts'
import type { Exchange } from '../../simulators/google-monitoring/monitoring-simulator.ts'
import { deployed, errors, interval, minuteMs, type Scene, scene } from './scene.ts'

const model = googleModel('monitoring.v3')
const list = 'monitoring.projects.timeSeries.list'

/** Every form of request that the adapter has. */
async function exchanged(): Promise<Scene> {
  const latency = deployed('prediction_latencies')
  const made = await scene(
    {
      metrics: {
        errors,
        latency: { kind: 'distribution', of: latency },
        p99: {
          kind: 'value',
          value: { ...latency, align: 'ALIGN_PERCENTILE_99', reduce: 'REDUCE_MAX' },
          over: 'max',
          count: deployed('prediction_count'),
          periodSeconds: 120,
        },
        plain: { kind: 'value', value: { ...latency, align: 'ALIGN_PERCENTILE_50' }, over: 'mean' },
      },
    },
    { pageSize: 2 },
  )
  for (const minute of [0, 1, 2, 3, 4]) made.predict(interval.fromMs + minute * minuteMs, minute > 2)
  for (const name of made.source.metrics) await made.ask(name)
  return made
}

describe.skipIf(model === undefined)('against monitoring.v3.json, the document that Google publishes', () => {
  const known = model as NonNullable<typeof model>
  const problemsOf = (path: string): readonly string[] => known.request(list, { method: 'GET', path })

  it('every request fits, and so does every answer of the simulator', async () => {
    const { simulator } = await exchanged()
    expect(simulator.exchanges.length).toBeGreaterThan(6)
    expect(simulator.exchanges.some(({ path }) => path.includes('pageToken='))).toBe(true)
    expect(simulator.exchanges.some(({ path }) => !path.includes('crossSeriesReducer'))).toBe(true)
    for (const { path, output } of simulator.exchanges) {
      expect(problemsOf(path), path).toEqual([])
      expect(known.reply(list, output), JSON.stringify(output)).toEqual([])
    }
    console.log(`1 operation of Google Cloud Monitoring, ${simulator.exchanges.length} exchanges checked`)
  })

  it.each([
    ['colour', 'blue'],
    ['view', 'HALF'],
    ['aggregation.perSeriesAligner', 'ALIGN_SIDEWAYS'],
    ['aggregation.crossSeriesReducer', 'REDUCE_SIDEWAYS'],
  ])('a mistake in a request is found: %s=%s', async (name, value) => {
    const { simulator } = await exchanged()
    const { path = '' } = simulator.exchanges[0] ?? {}
    const query = new URLSearchParams(path.split('?')[1])
    query.set(name, value)
    expect(problemsOf(path)).toEqual([])
    expect(problemsOf(`${path.split('?')[0]}?${query}`)).not.toEqual([])
    expect(problemsOf(path.replace('/timeSeries', '/timeLines'))).not.toEqual([])
  })

  it.each([{ colour: 'blue' }, { valueType: 'SHOE_SIZE' }])(
    'a mistake in an answer is found: %j',
    async (wrong) => {
      const { simulator } = await exchanged()
      const { output } = simulator.exchanges[0] as Exchange
      const [first] = output.timeSeries as readonly object[]
      expect(first).toBeDefined()
      expect(known.reply(list, { ...output, timeSeries: [{ ...first, ...wrong }] })).not.toEqual([])
    },
  )

  it('every aligner and reducer is one that Cloud Monitoring has', () => {
    for (const align of googleAligners) {
      expect(problemsOf(`v3/projects/p/timeSeries?aggregation.perSeriesAligner=${align}`)).toEqual([])
    }
    for (const reduce of googleReducers) {
      expect(problemsOf(`v3/projects/p/timeSeries?aggregation.crossSeriesReducer=${reduce}`)).toEqual([])
    }
  })
})

describe('the page', () => {
  it('names the permission of what is sent, and no other', () => {
    const page = readFileSync(new URL('../../../docs/adapters/google-monitoring.md', import.meta.url), 'utf8')
    const [, permissions = ''] = page.split('## Permissions')
    expect(new Set(permissions.match(/\bmonitoring\.[a-zA-Z]+\.[a-z]+\b/g))).toEqual(
      new Set(['monitoring.timeSeries.list']),
    )
  })
})
