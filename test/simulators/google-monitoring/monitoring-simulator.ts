import type { FakeClock } from 'modelspine/testing'
import {
  type GoogleCall,
  type GoogleReply,
  type SmallGoogle,
  smallGoogle,
  statusError,
} from '../../adapters/shared/google/small-google.ts'
import { alignDelta, alignDistribution, alignPercentile, type Sample } from './alignment.ts'

type Json = Readonly<Record<string, unknown>>
type Labels = Readonly<Record<string, string>>

/** Something that happened, and that a metric counts or measures. */
export interface Datum {
  readonly metric: string
  readonly resource: string
  readonly metricLabels: Labels
  readonly resourceLabels: Labels
  readonly atMs: number
  readonly value: number
}

/** One exchange, as it went over the wire. */
export interface Exchange {
  readonly path: string
  readonly output: Json
}

export interface MonitoringSimulator extends SmallGoogle {
  readonly exchanges: readonly Exchange[]
  readonly data: Datum[]
  /** Answers the next calls in another way. Undefined for its own way. */
  override: ((query: URLSearchParams) => GoogleReply | Json | undefined) | undefined
  /** After this call nobody is answered. */
  stall(): void
}

export interface SimulatorOptions {
  readonly clock: FakeClock
  /** How long after the end of its sample a number can be read. Default 0. */
  readonly lateMs?: number
  /** The time that one sample is about. Default 60,000. */
  readonly sampleMs?: number
  /** When samples begin after a whole minute. Default 17,000: nobody's clock stands at zero. */
  readonly phaseMs?: number
  /** The most points of one page. */
  readonly pageSize?: number
  /** Metrics of distributions. All others are counts. */
  readonly distributions?: readonly string[]
}

export const token = 'ya29.simulated'
export const project = 'shop-prod'

/**
 * As much of Cloud Monitoring as gates ask, with its oddities: numbers are samples of a minute that begins at any second,
 * they come late, are shared between the periods that they touch, stand at the end of a period, newest first, in pages.
 */
export async function monitoringSimulator(options: SimulatorOptions): Promise<MonitoringSimulator> {
  const {
    clock,
    lateMs = 0,
    sampleMs = 60_000,
    phaseMs = 17_000,
    pageSize = 100_000,
    distributions = [],
  } = options
  const exchanges: Exchange[] = []
  const google = await smallGoogle(answer, [token])

  function answer({ method, url }: GoogleCall): GoogleReply {
    const { pathname, searchParams } = new URL(url, 'http://google')
    if (method !== 'GET' || pathname !== `/v3/projects/${project}/timeSeries`) {
      return statusError('NOT_FOUND', `${method} ${pathname}`)
    }
    const output = simulator.override?.(searchParams) ?? timeSeries(searchParams)
    if (typeof output.status === 'number') return output as GoogleReply
    exchanges.push({ path: url.slice(1), output: output as Json })
    return { body: JSON.stringify(output) }
  }

  function timeSeries(query: URLSearchParams): GoogleReply | Json {
    const conditions = conditionsOf(query.get('filter') ?? '')
    const type = conditions?.get('metric.type')
    if (conditions === undefined || type === undefined) {
      return statusError('INVALID_ARGUMENT', 'The provided filter must specify one metric type.')
    }
    const fromMs = Date.parse(query.get('interval.startTime') ?? '')
    const toMs = Date.parse(query.get('interval.endTime') ?? '')
    const periodMs = Number.parseInt(query.get('aggregation.alignmentPeriod') ?? '', 10) * 1000
    if (!(fromMs <= toMs && periodMs >= 60_000 && periodMs % 60_000 === 0)) {
      return statusError(
        'INVALID_ARGUMENT',
        'Field interval or aggregation.alignmentPeriod had an invalid value.',
      )
    }
    const periods = { fromMs, toMs, periodMs }
    const found = simulator.data.filter((datum) => matches(datum, conditions))
    const reducer = query.get('aggregation.crossSeriesReducer') ?? 'REDUCE_NONE'
    const groups = reducer === 'REDUCE_NONE' ? [...bySeries(found).values()] : found.length > 0 ? [found] : []
    const isDistribution = distributions.includes(type)
    const series = groups
      .map((data) => ({
        metric: { type, labels: {} },
        resource: { type: conditions.get('resource.type') ?? 'global', labels: {} },
        points: pointsOf(
          samplesOf(data),
          query.get('aggregation.perSeriesAligner') ?? '',
          periods,
          isDistribution,
        ),
      }))
      .filter(({ points }) => points.length > 0)
    return paged(series, Number(query.get('pageToken') ?? 0))
  }

  function samplesOf(data: readonly Datum[]): readonly Sample[] {
    const samples = new Map<number, number[]>()
    for (const { atMs, value } of data) {
      const beginMs = Math.floor((atMs - phaseMs) / sampleMs) * sampleMs + phaseMs
      samples.set(beginMs, [...(samples.get(beginMs) ?? []), value])
    }
    return [...samples]
      .map(([fromMs, values]) => ({ fromMs, toMs: fromMs + sampleMs, values }))
      .filter(({ toMs }) => toMs + lateMs <= clock.now())
  }

  function pointsOf(
    samples: readonly Sample[],
    aligner: string,
    periods: { readonly fromMs: number; readonly toMs: number; readonly periodMs: number },
    isDistribution: boolean,
  ): readonly Json[] {
    const valuesOf = (): ReadonlyMap<number, Json> => {
      const [, percent] = /^ALIGN_PERCENTILE_(\d+)$/.exec(aligner) ?? []
      if (percent !== undefined)
        return wrap('doubleValue', alignPercentile(samples, periods, Number(percent) / 100))
      if (!isDistribution) {
        const aligned = alignDelta(samples, periods)
        return new Map([...aligned].map(([atMs, value]) => [atMs, numberValue(value)]))
      }
      const aligned = alignDistribution(samples, periods)
      return new Map(
        [...aligned].map(([atMs, { count, ...rest }]) => [
          atMs,
          { distributionValue: { count: String(count), ...rest } },
        ]),
      )
    }
    return [...valuesOf()]
      .sort(([one], [other]) => other - one)
      .map(([endMs, value]) => ({
        interval: { startTime: timeOf(endMs - periods.periodMs), endTime: timeOf(endMs) },
        value,
      }))
  }

  function paged(series: readonly { readonly points: readonly Json[] }[], begin: number): Json {
    const flat = series.flatMap(({ points, ...head }) => points.map((point) => ({ head, point })))
    const page = flat.slice(begin, begin + pageSize)
    const more = begin + pageSize < flat.length
    return {
      timeSeries: page.map(({ head, point }) => ({ ...head, points: [point] })),
      ...(more && { nextPageToken: String(begin + pageSize) }),
      unit: '1',
    }
  }

  const simulator: MonitoringSimulator = {
    ...google,
    exchanges,
    data: [],
    override: undefined,
    stall() {
      google.server.removeAllListeners('request')
      google.server.on('request', () => {})
    },
  }
  return simulator
}

function wrap(member: string, aligned: ReadonlyMap<number, number>): ReadonlyMap<number, Json> {
  return new Map([...aligned].map(([atMs, value]) => [atMs, { [member]: value }]))
}

function numberValue(value: number): Json {
  return Number.isInteger(value) ? { int64Value: String(value) } : { doubleValue: value }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** The conditions of a filter that are joined by AND. Undefined for a filter that is not made of such. */
function conditionsOf(filter: string): ReadonlyMap<string, string> | undefined {
  const one = /(?:^| AND )([\w.]+) = "((?:[^"\\]|\\.)*)"/gy
  const found = new Map<string, string>()
  let end = 0
  for (const [text, place = '', value = ''] of filter.matchAll(one)) {
    found.set(place, value.replaceAll(/\\(.)/g, '$1'))
    end += text.length
  }
  return end === filter.length ? found : undefined
}

function matches(datum: Datum, conditions: ReadonlyMap<string, string>): boolean {
  return [...conditions].every(([place, value]) => {
    if (place === 'metric.type') return datum.metric === value
    if (place === 'resource.type') return datum.resource === value
    const [owner, , label = ''] = place.split('.')
    return (owner === 'metric' ? datum.metricLabels : datum.resourceLabels)[label] === value
  })
}

function bySeries(data: readonly Datum[]): ReadonlyMap<string, readonly Datum[]> {
  const groups = new Map<string, Datum[]>()
  for (const datum of data) {
    const name = JSON.stringify([datum.metricLabels, datum.resourceLabels])
    groups.set(name, [...(groups.get(name) ?? []), datum])
  }
  return groups
}
