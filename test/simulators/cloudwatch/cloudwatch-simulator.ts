import type { FakeClock } from 'modelspine/testing'
import type { AwsCredentials } from '../../../adapters/shared/aws/signing-key.ts'
import {
  type AwsCall,
  type AwsReply,
  jsonError,
  keys,
  type SmallAws,
  smallAws,
} from '../../adapters/shared/aws/small-aws.ts'
import { type Datum, evaluate, type MetricDataQuery } from './metric-math.ts'

type Json = Readonly<Record<string, unknown>>

/** One exchange, as it went over the wire. */
export interface Exchange {
  readonly operation: string
  readonly input: Json
  readonly output: Json
}

export interface CloudwatchSimulator extends SmallAws {
  readonly exchanges: readonly Exchange[]
  readonly data: Datum[]
  /** The alarms of the account. They are found by their names. */
  readonly alarms: Json[]
  /** Answers the next calls of an operation in another way. Undefined for its own way. */
  override: ((operation: string, input: Json, place: number) => AwsReply | Json | undefined) | undefined
  put(datum: Datum): void
  /** After this call nobody is answered. */
  stall(): void
}

export interface SimulatorOptions {
  readonly clock: FakeClock
  /** How long after its time a datum can be read. Default 0. */
  readonly lateMs?: number
  /** The most data points of one page. */
  readonly pageSize?: number
}

export const credentials: AwsCredentials = keys('cloudwatch', 'a/session+token==')

const prefix = 'GraniteServiceVersion20100801.'

/**
 * As much of CloudWatch as gates ask, with its oddities: data come late, times are rounded down, data points stand at
 * the beginning of their period, an answer has pages, and what has no data answers nothing. It checks signatures.
 */
export async function cloudwatchSimulator(options: SimulatorOptions): Promise<CloudwatchSimulator> {
  const { clock, lateMs = 0, pageSize = 100_800 } = options
  const exchanges: Exchange[] = []
  const aws = await smallAws(answer, [credentials], { nowMs: () => clock.now() })

  function answer({ headers, body, method, url }: AwsCall): AwsReply {
    const target = String(headers['x-amz-target'])
    const isWhole =
      method === 'POST' && url === '/' && headers['content-type'] === 'application/x-amz-json-1.0'
    if (!isWhole || !target.startsWith(prefix)) return jsonError(400, 'UnknownOperationException', target)
    const operation = target.slice(prefix.length)
    const input = JSON.parse(body.toString()) as Json
    const output = simulator.override?.(operation, input, exchanges.length) ?? run(operation, input)
    if (typeof output.status === 'number') {
      exchanges.push({ operation, input, output: {} })
      return output as AwsReply
    }
    exchanges.push({ operation, input, output: output as Json })
    return { headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(output) }
  }

  function run(operation: string, input: Json): AwsReply | Json {
    if (operation === 'GetMetricData') return metricData(input)
    if (operation === 'DescribeAlarms') return describeAlarms(input)
    return jsonError(400, 'UnknownOperationException', operation)
  }

  function metricData(input: Json): AwsReply | Json {
    const queries = input.MetricDataQueries as readonly MetricDataQuery[]
    const minuteMs = 60_000
    const periods = queries.map(({ MetricStat }) => MetricStat?.Period ?? 60)
    const shortest = Math.min(minuteMs, ...periods.map((seconds) => seconds * 1000))
    const fromMs = Math.floor((Number(input.StartTime) * 1000) / shortest) * shortest
    const toMs = Number(input.EndTime) * 1000
    if (fromMs >= toMs) return jsonError(400, 'ValidationError', 'StartTime must be less than EndTime')
    const seen = simulator.data.filter(({ atMs }) => atMs + lateMs <= clock.now())
    const begin = Number(input.NextToken ?? 0)
    const results = queries
      .filter(({ ReturnData }) => ReturnData !== false)
      .map(({ Id }) => ({ Id, points: [...evaluate(Id, queries, seen, { fromMs, toMs })] }))
    const longest = Math.max(0, ...results.map(({ points }) => points.length))
    const isLast = begin + pageSize >= longest
    const descending = input.ScanBy !== 'TimestampAscending'
    return {
      MetricDataResults: results.map(({ Id, points }) => {
        points.sort(([one], [other]) => (descending ? other - one : one - other))
        const page = points.slice(begin, begin + pageSize)
        return {
          Id,
          Label: Id,
          Timestamps: page.map(([atMs]) => atMs / 1000),
          Values: page.map(([, value]) => value),
          StatusCode: isLast ? 'Complete' : 'PartialData',
        }
      }),
      Messages: [],
      ...(!isLast && { NextToken: String(begin + pageSize) }),
    }
  }

  function describeAlarms({ AlarmNames, AlarmTypes = ['MetricAlarm'] }: Json): Json {
    const names = AlarmNames as readonly string[]
    const types = AlarmTypes as readonly string[]
    const named = simulator.alarms.filter(({ AlarmName }) => names.includes(String(AlarmName)))
    const isMetric = ({ AlarmRule }: Json): boolean => AlarmRule === undefined
    return {
      MetricAlarms: types.includes('MetricAlarm') ? named.filter(isMetric) : [],
      CompositeAlarms: types.includes('CompositeAlarm') ? named.filter((each) => !isMetric(each)) : [],
      LogAlarms: [],
    }
  }

  const simulator: CloudwatchSimulator = {
    ...aws,
    exchanges,
    data: [],
    alarms: [],
    override: undefined,
    put: (datum) => void simulator.data.push(datum),
    stall() {
      aws.server.removeAllListeners('request')
      aws.server.on('request', () => {})
    },
  }
  return simulator
}
