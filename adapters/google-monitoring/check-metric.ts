import { checkDelay, checkScale, keepsApart, type Wrong, wrongIn } from '../shared/periods/metric-checks.ts'
import { type NameTemplate, nameTemplate, ofFunction } from '../shared/periods/name-template.ts'
import { type Over, overs } from '../shared/periods/period-numbers.ts'
import {
  type GoogleAligner,
  type GoogleCount,
  type GoogleMetric,
  type GoogleNumber,
  type GoogleReducer,
  type GoogleSeries,
  googleAligners,
  googleReducers,
} from './metric-definitions.ts'

/** Time series whose templates were read, and how they become one. */
export interface CheckedSeries {
  readonly metric: string
  readonly resource: string | undefined
  /** By the place in the filter: `metric.labels.response_code`. */
  readonly labels: readonly (readonly [place: string, value: NameTemplate])[]
  readonly align: GoogleAligner
  readonly reduce: GoogleReducer | undefined
}

/** How the numbers of the periods become a reading. */
export type SeriesCombining =
  | { readonly kind: 'ratio'; readonly noHits: 'zero' | 'no-data' }
  | { readonly kind: 'value'; readonly over: Over; readonly scale: number }
  | { readonly kind: 'distribution'; readonly scale: number }
  | { readonly kind: 'quantile'; readonly quantile: number; readonly scale: number }

/** A metric whose series were read. */
export interface SeriesMetric {
  readonly name: string
  readonly counts: boolean
  readonly routerMeasured: boolean
  readonly delayMs: number
  readonly periodSeconds: number
  readonly sampleSeconds: number
  readonly combining: SeriesCombining
  /** What the reading is made of, by its part in it. */
  readonly parts: Readonly<Record<string, CheckedSeries>>
}

/** Throws `invalid-options`. */
export function checkMetric(name: string, metric: GoogleMetric, delayMs: number): SeriesMetric {
  const wrong = wrongIn(`metrics["${name}"]`)
  const { periodSeconds = 60, sampleSeconds = 60, routerMeasured = false } = metric
  if (!(Number.isInteger(periodSeconds / 60) && periodSeconds > 0)) {
    throw wrong('periodSeconds', `is ${periodSeconds}: give a multiple of 60`)
  }
  if (!(Number.isFinite(sampleSeconds) && sampleSeconds >= 0)) {
    throw wrong('sampleSeconds', `is ${sampleSeconds}: give seconds, 0 or more`)
  }
  return {
    name,
    routerMeasured,
    delayMs: checkDelay(metric.delayMs ?? delayMs, wrong),
    periodSeconds,
    sampleSeconds,
    ...partsOf(metric, wrong),
  }
}

function partsOf(metric: GoogleMetric, wrong: Wrong): Pick<SeriesMetric, 'combining' | 'counts' | 'parts'> {
  switch (metric.kind) {
    case 'ratio': {
      const { kind, hits, total, noHits = 'no-data' } = metric
      if (noHits !== 'zero' && noHits !== 'no-data') {
        throw wrong('noHits', `is ${String(noHits)}: give "zero" or "no-data"`)
      }
      return {
        combining: { kind, noHits },
        counts: true,
        parts: { hits: counting('hits', hits, wrong), total: counting('total', total, wrong) },
      }
    }
    case 'distribution': {
      const { kind, of, scale = 1 } = metric
      return {
        combining: { kind, scale: checkScale(scale, wrong) },
        counts: true,
        parts: { of: distributions(of, wrong) },
      }
    }
    case 'quantile': {
      const { kind, of, quantile, scale = 1 } = metric
      if (!(quantile > 0 && quantile < 1)) {
        throw wrong('quantile', `is ${String(quantile)}: give a number between 0 and 1`)
      }
      return {
        combining: { kind, quantile, scale: checkScale(scale, wrong) },
        counts: true,
        parts: { of: distributions(of, wrong) },
      }
    }
    case 'value': {
      const { kind, value, over, count, scale = 1 } = metric
      if (!overs.includes(over)) {
        throw wrong('over', `is ${String(over)}: give "mean", "sum", "max" or "min"`)
      }
      return {
        combining: { kind, over, scale: checkScale(scale, wrong) },
        counts: count !== undefined,
        parts: {
          value: number('value', value, wrong),
          ...(count !== undefined && { count: counting('count', count, wrong) }),
        },
      }
    }
    default:
      throw wrong(
        'kind',
        `is ${String((metric as GoogleMetric).kind)}: give "ratio", "distribution", "quantile" or "value"`,
      )
  }
}

function distributions(of: GoogleSeries, wrong: Wrong): CheckedSeries {
  return { ...series('of', of, wrong), align: 'ALIGN_DELTA', reduce: 'REDUCE_SUM' }
}

const counters: readonly string[] = ['ALIGN_DELTA', 'ALIGN_SUM', 'ALIGN_COUNT', 'ALIGN_COUNT_TRUE']

function counting(part: string, count: GoogleCount, wrong: Wrong): CheckedSeries {
  const { align = 'ALIGN_DELTA' } = count
  if (!counters.includes(align)) {
    throw wrong(`${part}.align`, `is "${align}": give ${counters.join(', ')}, which can be added up`)
  }
  return { ...series(part, count, wrong), align, reduce: 'REDUCE_SUM' }
}

function number(part: string, { align, reduce, ...rest }: GoogleNumber, wrong: Wrong): CheckedSeries {
  if (!googleAligners.includes(align)) {
    throw wrong(`${part}.align`, `is "${String(align)}": give one of ${googleAligners.join(', ')}`)
  }
  if (reduce !== undefined && !googleReducers.includes(reduce)) {
    throw wrong(`${part}.reduce`, `is "${String(reduce)}": give one of ${googleReducers.join(', ')}`)
  }
  return { ...series(part, rest, wrong), align, reduce }
}

function series(
  part: string,
  { metric, resource, metricLabels = {}, resourceLabels = {} }: GoogleSeries,
  wrong: Wrong,
): Pick<CheckedSeries, 'metric' | 'resource' | 'labels'> {
  const types = { metric, ...(resource !== undefined && { resource }) }
  for (const [member, type] of Object.entries(types)) {
    if (typeof type !== 'string' || !/^[\w.-]+(\/[\w.*-]+)*$/.test(type) || type.length > 200) {
      throw wrong(`${part}.${member}`, `is "${String(type)}": give a type such as example.com/path`)
    }
  }
  const read = (member: string, place: string, labels: NonNullable<GoogleSeries['metricLabels']>) =>
    Object.entries(labels).map(([label, value]) => {
      const field = `${part}.${member}.${label}`
      if (!/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(label)) {
        throw wrong(`${part}.${member}`, `has "${label}", which is no key of a label`)
      }
      const template = typeof value === 'function' ? ofFunction(value) : nameTemplate(value, field)
      return [`${place}.labels.${label}`, template] as const
    })
  const labels = [
    ...read('metricLabels', 'metric', metricLabels),
    ...read('resourceLabels', 'resource', resourceLabels),
  ]
  keepsApart(
    `${part}.metricLabels`,
    labels.map(([, value]) => value),
    wrong,
  )
  return { metric, resource, labels }
}
