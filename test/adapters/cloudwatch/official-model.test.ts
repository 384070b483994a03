import { readFileSync } from 'node:fs'
import type { CloudwatchMetricsOptions } from 'modelspine/adapters/cloudwatch'
import { describe, expect, it } from 'vitest'
import { cloudwatchUnits } from '../../../adapters/cloudwatch/metric-definitions.ts'
import { awsModel } from '../../official/aws-model.ts'
import type { Exchange } from '../../simulators/cloudwatch/cloudwatch-simulator.ts'
import { errors, interval, minuteMs, type Scene, scene, variant } from './scene.ts'

const model = awsModel('cloudwatch')

/** Every form of request that the adapter has. */
const all: Partial<CloudwatchMetricsOptions> = {
  metrics: {
    errors,
    full: {
      kind: 'value',
      value: 'm1 / m2',
      over: 'mean',
      count: { ...variant('Invocations', 'SampleCount'), unit: 'None', accountId: '123456789012' },
      metrics: { m1: variant('Invocation5XXErrors', 'Sum'), m2: variant('Invocations', 'Sum') },
      periodSeconds: 120,
    },
    latency: { kind: 'mean', of: variant('Invocations', 'Sum') },
  },
  alarms: { metric: { alarm: '{name}-{revision}' }, composite: { alarm: 'c-{name}-{revision}' } },
}

async function exchanged(): Promise<Scene> {
  const made = await scene(all, { pageSize: 2 })
  for (const minute of [0, 1, 2, 3, 4]) made.invoke(interval.fromMs + minute * minuteMs, minute > 2)
  made.simulator.alarms.push(
    { AlarmName: 'churn-one', StateValue: 'OK', StateTransitionedTimestamp: 1_800_000_000 },
    { AlarmName: 'c-churn-one', AlarmRule: 'ALARM(x)', StateValue: 'ALARM' },
  )
  for (const name of made.source.metrics) await made.ask(name)
  return made
}

const inputsOf = (exchanges: readonly Exchange[], operation: string): readonly Exchange['input'][] =>
  exchanges.filter((each) => each.operation === operation).map(({ input }) => input)

describe.skipIf(model === undefined)('against cloudwatch.json.gz, the model that AWS publishes', () => {
  const known = model as NonNullable<typeof model>

  it('the protocol is one that CloudWatch speaks', () => {
    expect(known.metadata).toMatchObject({
      protocols: expect.arrayContaining(['json']),
      jsonVersion: '1.0',
      targetPrefix: 'GraniteServiceVersion20100801',
    })
    for (const operation of ['GetMetricData', 'DescribeAlarms']) {
      expect(known.http(operation)).toEqual({ method: 'POST', requestUri: '/' })
    }
  })

  it('every request fits, and so does every answer of the simulator', async () => {
    const { simulator } = await exchanged()
    expect(new Set(simulator.exchanges.map(({ operation }) => operation)).size).toBe(2)
    expect(inputsOf(simulator.exchanges, 'GetMetricData').some(({ NextToken }) => NextToken)).toBe(true)
    for (const { operation, input, output } of simulator.exchanges) {
      expect(known.request(operation, input), JSON.stringify(input)).toEqual([])
      expect(known.reply(operation, output), JSON.stringify(output)).toEqual([])
    }
  })

  it.each([
    ['GetMetricData', [], 'Colour', 'blue'],
    ['GetMetricData', ['MetricDataQueries', 0], 'Colour', 'blue'],
    ['GetMetricData', ['MetricDataQueries', 0, 'MetricStat'], 'Colour', 'blue'],
    ['GetMetricData', ['MetricDataQueries', 0, 'MetricStat', 'Metric'], 'Colour', 'blue'],
    ['GetMetricData', ['MetricDataQueries', 0, 'MetricStat', 'Metric', 'Dimensions', 0], 'Colour', 'blue'],
    ['GetMetricData', ['MetricDataQueries', 0, 'MetricStat'], 'Unit', 'Furlongs'],
    ['GetMetricData', [], 'ScanBy', 'Sideways'],
    ['GetMetricData', ['MetricDataQueries', 0, 'MetricStat'], 'Period', '60'],
    ['DescribeAlarms', [], 'Colour', 'blue'],
    ['DescribeAlarms', ['AlarmTypes'], '0', 'FireAlarm'],
  ] as const)('a mistake in the request %s at %j is found: %s', async (operation, path, member, wrong) => {
    const { simulator } = await exchanged()
    const input = structuredClone(inputsOf(simulator.exchanges, operation)[0]) as never
    expect(known.request(operation, input)).toEqual([])
    let at = input as Record<string, unknown>
    for (const step of path) at = at[step] as Record<string, unknown>
    at[member] = wrong
    expect(known.request(operation, input)).not.toEqual([])
  })

  it.each([
    ['GetMetricData', { StatusCode: 'Tired' }],
    ['GetMetricData', { Colour: 'blue' }],
    ['DescribeAlarms', { StateValue: 'TIRED' }],
  ] as const)('a mistake in an answer to %s is found: %j', async (operation, wrong) => {
    const { simulator } = await exchanged()
    const { output } = simulator.exchanges.find((each) => each.operation === operation) as Exchange
    const list = operation === 'GetMetricData' ? 'MetricDataResults' : 'MetricAlarms'
    const [first] = output[list] as readonly object[]
    expect(first).toBeDefined()
    expect(known.reply(operation, { ...output, [list]: [{ ...first, ...wrong }] })).not.toEqual([])
  })

  it('every unit is one that CloudWatch has', () => {
    const metric = { Namespace: 'n', MetricName: 'm' }
    for (const Unit of cloudwatchUnits) {
      const MetricStat = { Metric: metric, Period: 60, Stat: 'Sum', Unit }
      const input = { MetricDataQueries: [{ Id: 'a', MetricStat }], StartTime: 0, EndTime: 60 }
      expect(known.request('GetMetricData', input)).toEqual([])
    }
  })
})

describe('the page', () => {
  it('allows in its policy what is sent, and nothing more', async () => {
    const page = readFileSync(new URL('../../../docs/adapters/cloudwatch.md', import.meta.url), 'utf8')
    const [, policy = ''] = /```json\n([^`]*"Statement"[^`]*)```/.exec(page) ?? []
    const { Statement } = JSON.parse(policy) as {
      readonly Statement: readonly { Action: readonly string[] }[]
    }
    const { simulator } = await exchanged()
    const sent = new Set(simulator.exchanges.map(({ operation }) => `cloudwatch:${operation}`))
    expect(Statement.flatMap(({ Action }) => Action).sort()).toEqual([...sent].sort())
  })
})
