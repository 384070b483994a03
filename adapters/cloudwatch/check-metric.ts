import { checkDelay, checkScale, keepsApart, type Wrong, wrongIn } from '../shared/periods/metric-checks.ts'
import { type NameTemplate, nameTemplate } from '../shared/periods/name-template.ts'
import { type Over, overs } from '../shared/periods/period-numbers.ts'
import {
  type CloudwatchAlarm,
  type CloudwatchMetric,
  type CloudwatchQuery,
  type CloudwatchSeries,
  type CloudwatchStat,
  type CloudwatchUnit,
  cloudwatchUnits,
} from './metric-definitions.ts'

/** A statistic whose templates were read. */
export interface CheckedStat {
  readonly namespace: string
  readonly metric: string
  readonly stat: string
  readonly dimensions: readonly (readonly [name: string, value: NameTemplate])[]
  readonly unit: CloudwatchUnit | undefined
  readonly accountId: string | undefined
}

export type CheckedQuery = CheckedStat | string

/** How the numbers of the periods become a reading. */
export type Combining =
  | { readonly kind: 'ratio'; readonly noHits: 'zero' | 'no-data' }
  | { readonly kind: 'value'; readonly over: Over; readonly scale: number }
  | { readonly kind: 'mean'; readonly scale: number }

interface Common {
  readonly name: string
  readonly counts: boolean
  readonly routerMeasured: boolean
  readonly delayMs: number
}

/** A metric whose queries were read. */
export interface PeriodicMetric extends Common {
  readonly kind: 'metric'
  readonly periodSeconds: number
  readonly combining: Combining
  /** What the reading is made of, by its part in it. */
  readonly parts: Readonly<Record<string, CheckedQuery>>
  /** What expressions calculate with. */
  readonly operands: Readonly<Record<string, CheckedStat>>
}

/** An alarm whose name was read. */
export interface CheckedAlarm extends Common {
  readonly kind: 'alarm'
  readonly alarm: NameTemplate
}

/** The names that the parts of a reading have in a request. */
const partNames: ReadonlySet<string> = new Set(['hits', 'total', 'value', 'count', 'sum'])

/** Functions of metric math that find metrics by themselves, of whatever revision. */
const searching = /\b(SEARCH|SELECT|INSIGHT_RULE_METRIC|ANOMALY_DETECTION_BAND)\b/i

/** Throws `invalid-options`. */
export function checkMetric(name: string, metric: CloudwatchMetric, delayMs: number): PeriodicMetric {
  const wrong = wrongIn(`metrics["${name}"]`)
  const { periodSeconds = 60, metrics: operands = {}, routerMeasured = false } = metric
  if (![1, 5, 10, 20, 30].includes(periodSeconds) && !(periodSeconds > 0 && periodSeconds % 60 === 0)) {
    throw wrong('periodSeconds', `is ${periodSeconds}: give 1, 5, 10, 20, 30 or a multiple of 60`)
  }
  for (const id of Object.keys(operands)) {
    if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(id) || partNames.has(id)) {
      const taken = [...partNames].join(', ')
      throw wrong('metrics', `has "${id}": give names such as m1, and not ${taken}`)
    }
  }
  const { combining, parts, counts } = partsOf(metric, wrong)
  const read = (part: string, query: CloudwatchQuery): CheckedQuery =>
    typeof query === 'string' ? expression(part, query, operands, wrong) : stat(part, query, wrong)
  return {
    kind: 'metric',
    name,
    counts,
    routerMeasured,
    delayMs: checkDelay(metric.delayMs ?? delayMs, wrong),
    periodSeconds,
    combining,
    parts: Object.fromEntries(Object.entries(parts).map(([part, query]) => [part, read(part, query)])),
    operands: Object.fromEntries(
      Object.entries(operands).map(([id, query]) => [id, stat(`metrics.${id}`, query, wrong)]),
    ),
  }
}

/** Throws `invalid-options`. */
export function checkAlarm(name: string, declared: CloudwatchAlarm, delayMs: number): CheckedAlarm {
  const wrong = wrongIn(`alarms["${name}"]`)
  const { watches = 'revision' } = declared
  if (watches !== 'revision' && watches !== 'deployment') {
    throw wrong('watches', `is ${String(watches)}: give "revision" or "deployment"`)
  }
  const alarm = nameTemplate(declared.alarm, `alarms["${name}"].alarm`)
  if (watches === 'revision') keepsApart('alarm', [alarm], wrong)
  else if (alarm.uses.has('revision')) throw wrong('watches', 'is "deployment", and the name has {revision}')
  return {
    kind: 'alarm',
    name,
    alarm,
    counts: false,
    routerMeasured: false,
    delayMs: checkDelay(declared.delayMs ?? delayMs, wrong),
  }
}

interface Parts {
  readonly combining: Combining
  readonly counts: boolean
  readonly parts: Readonly<Record<string, CloudwatchQuery>>
}

function partsOf(metric: CloudwatchMetric, wrong: Wrong): Parts {
  switch (metric.kind) {
    case 'ratio': {
      const { kind, hits, total, noHits = 'no-data' } = metric
      if (noHits !== 'zero' && noHits !== 'no-data') {
        throw wrong('noHits', `is ${String(noHits)}: give "zero" or "no-data"`)
      }
      counting('hits', hits, wrong)
      counting('total', total, wrong)
      return { combining: { kind, noHits }, counts: true, parts: { hits, total } }
    }
    case 'value': {
      const { kind, value, over, count, scale = 1 } = metric
      if (!overs.includes(over)) {
        throw wrong('over', `is ${String(over)}: give "mean", "sum", "max" or "min"`)
      }
      if (count === undefined && typeof value === 'string' && /\bFILL\b/i.test(value)) {
        throw wrong('value', 'fills in what was not measured, so give count, which tells when nothing was')
      }
      if (count !== undefined) counting('count', count, wrong)
      return {
        combining: { kind, over, scale: checkScale(scale, wrong) },
        counts: count !== undefined,
        parts: { value, ...(count !== undefined && { count }) },
      }
    }
    case 'mean': {
      const { kind, of, scale = 1 } = metric
      return {
        combining: { kind, scale: checkScale(scale, wrong) },
        counts: true,
        parts: { sum: { ...of, stat: 'Sum' }, count: { ...of, stat: 'SampleCount' } },
      }
    }
    default:
      throw wrong('kind', `is ${String((metric as CloudwatchMetric).kind)}: give "ratio", "value" or "mean"`)
  }
}

/** Other statistics of several periods have no sum that is a number of something. */
function counting(part: string, query: CloudwatchQuery, wrong: Wrong): void {
  if (typeof query === 'string' || query.stat === 'Sum' || query.stat === 'SampleCount') return
  throw wrong(part, `has the stat ${query.stat}: give Sum or SampleCount, which can be added up`)
}

function stat(part: string, query: CloudwatchStat, wrong: Wrong): CheckedStat {
  const { namespace, metric, stat, unit, accountId } = query
  const texts = { namespace, metric, stat, ...(accountId !== undefined && { accountId }) }
  for (const [member, text] of Object.entries(texts)) {
    if (typeof text !== 'string' || text === '' || text.length > 255) {
      throw wrong(`${part}.${member}`, `is "${String(text)}": give a text of 1 to 255 characters`)
    }
  }
  if (namespace.startsWith(':')) throw wrong(`${part}.namespace`, 'begins with a colon')
  if (unit !== undefined && !cloudwatchUnits.includes(unit)) {
    throw wrong(`${part}.unit`, `is "${unit}": give one of ${cloudwatchUnits.join(', ')}`)
  }
  return { namespace, metric, stat, unit, accountId, dimensions: dimensions(part, query, wrong) }
}

function dimensions(part: string, query: CloudwatchSeries, wrong: Wrong): CheckedStat['dimensions'] {
  const read = Object.entries(query.dimensions).map(([name, value]) => {
    if (!isDimension(name, 255) || name.startsWith(':')) {
      throw wrong(`${part}.dimensions`, `has "${name}", which is no name of a dimension`)
    }
    return [name, nameTemplate(value, `${part}.dimensions.${name}`)] as const
  })
  if (read.length > 30) throw wrong(`${part}.dimensions`, 'has more than 30, which CloudWatch does not take')
  const values = read.map(([, value]) => value)
  keepsApart(`${part}.dimensions`, values, wrong)
  return read
}

/** ASCII without control characters, of which one is not a space. */
export function isDimension(text: string, most: number): boolean {
  return text.length <= most && /^[ -~]*[!-~][ -~]*$/.test(text)
}

function expression(
  part: string,
  text: string,
  operands: Readonly<Record<string, CloudwatchStat>>,
  wrong: Wrong,
): string {
  if (text === '' || text.length > 2048) throw wrong(part, 'is an expression of 1 to 2048 characters')
  if (searching.test(text)) {
    throw wrong(part, `finds metrics by itself, so it would count other revisions: ${text}`)
  }
  const words = new Set(text.match(/[a-zA-Z][a-zA-Z0-9_]*/g))
  if (Object.keys(operands).some((id) => words.has(id))) return text
  throw wrong(part, `uses nothing of metrics, so it would answer the same for each revision: ${text}`)
}
