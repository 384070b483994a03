import { type Interval, ModelspineError } from 'modelspine/adapter'
import type { GateLabels } from '../shared/gate-questions.ts'
import { googlePath } from '../shared/google/resource-path.ts'
import type { VendorRequest } from '../shared/vendor-client.ts'
import type { CheckedSeries, SeriesMetric } from './check-metric.ts'

export interface SeriesQuestion {
  readonly project: string
  readonly labels: GateLabels
  /** Whole periods. */
  readonly periods: Interval
  readonly pageToken?: string | undefined
}

/** The request of projects.timeSeries.list. Throws `metric-error` for a value that no label can have. */
export function seriesRequest(
  { name, periodSeconds }: Pick<SeriesMetric, 'name' | 'periodSeconds'>,
  series: CheckedSeries,
  { project, labels, periods, pageToken }: SeriesQuestion,
  abortSignal: AbortSignal | undefined,
): VendorRequest {
  return {
    method: 'GET',
    path: googlePath`/v3/projects/${project}/timeSeries`,
    query: {
      filter: filterOf(name, series, labels),
      'interval.startTime': timeOf(periods.fromMs),
      'interval.endTime': timeOf(periods.toMs),
      'aggregation.alignmentPeriod': `${periodSeconds}s`,
      'aggregation.perSeriesAligner': series.align,
      'aggregation.crossSeriesReducer': series.reduce,
      view: 'FULL',
      pageToken,
    },
    abortSignal,
  }
}

/** https://cloud.google.com/monitoring/api/v3/filters */
function filterOf(name: string, { metric, resource, labels }: CheckedSeries, gate: GateLabels): string {
  return [
    `metric.type = ${quoted(metric)}`,
    ...(resource === undefined ? [] : [`resource.type = ${quoted(resource)}`]),
    ...labels.map(([place, value]) => `${place} = ${quoted(labelValue(name, place, value.render(gate)))}`),
  ].join(' AND ')
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function labelValue(name: string, place: string, value: unknown): string {
  if (typeof value === 'string' && /^[^\p{Cc}]{1,1024}$/u.test(value)) return value
  throw new ModelspineError(
    'metric-error',
    `${name}: ${JSON.stringify(value)} cannot be the value of ${place}`,
    {
      retryable: false,
    },
  )
}

/** Without the milliseconds that a whole period never has. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
