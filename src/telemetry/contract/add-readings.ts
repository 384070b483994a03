import { ModelspineError } from '../../errors.ts'
import type {
  EventsReading,
  HistogramReading,
  Interval,
  MetricReading,
  NoDataReading,
  ReadingContext,
} from './metric-reading.ts'

/**
 * The reading of two sources together, of which each saw a part of the requests, for the same question. It is what one
 * source would have answered that saw all of them. Throws `metric-error` for readings that cannot be added: a `value`,
 * readings of different kinds, and histograms of different quantiles or without a bound that both have.
 */
export function addReadings(one: MetricReading, other: MetricReading): MetricReading {
  if (one.kind === 'no-data') return besideNone(other, one)
  if (other.kind === 'no-data') return besideNone(one, other)
  const context = addContexts(one, other)
  switch (one.kind) {
    case 'ratio':
      if (other.kind !== 'ratio') break
      return { kind: 'ratio', hits: one.hits + other.hits, total: one.total + other.total, ...context }
    case 'distribution':
      if (other.kind !== 'distribution') break
      return {
        kind: 'distribution',
        count: one.count + other.count,
        sum: one.sum + other.sum,
        sumSquares: one.sumSquares + other.sumSquares,
        ...context,
      }
    case 'histogram':
      if (other.kind !== 'histogram') break
      return { ...addHistograms(one, other), ...context }
    case 'events':
      if (other.kind !== 'events') break
      return { ...addEvents(one, other), ...context }
    case 'value':
      break
  }
  const kinds =
    one.kind === other.kind ? `two readings of kind ${one.kind}` : `a ${one.kind} and a ${other.kind}`
  throw cannotAdd(kinds)
}

function addEvents(one: EventsReading, other: EventsReading): Omit<EventsReading, 'covered'> {
  const exposureMs = Math.min(one.exposureMs, other.exposureMs)
  return { kind: 'events', events: one.events + other.events, exposureMs }
}

function addHistograms(one: HistogramReading, other: HistogramReading): Omit<HistogramReading, 'covered'> {
  const { quantile } = one
  if (other.quantile !== quantile) {
    throw cannotAdd(`histograms of the quantiles ${quantile} and ${other.quantile}`)
  }
  const bounds = one.bounds.filter((bound) => other.bounds.includes(bound))
  if (bounds.length === 0) throw cannotAdd('histograms that have no bound in common')
  const counts = bounds.concat(Number.POSITIVE_INFINITY).map(() => 0)
  for (const reading of [one, other]) {
    let cell = 0
    for (const [place, count] of reading.counts.entries()) {
      const end = reading.bounds[place] ?? Number.POSITIVE_INFINITY
      while (cell < bounds.length && end > (bounds[cell] as number)) cell += 1
      counts[cell] = (counts[cell] as number) + count
    }
  }
  return { kind: 'histogram', quantile, bounds, counts }
}

const counted = ['assigned', 'retried', 'expected', 'heard'] as const

/** A source without data counts nothing, unless it says so. */
function besideNone(reading: MetricReading, none: NoDataReading): MetricReading {
  const sums = counted.flatMap((name) => {
    const known = reading[name] ?? (reading.kind === 'no-data' ? 0 : undefined)
    return known === undefined || none[name] === undefined ? [] : [[name, known + none[name]] as const]
  })
  return { ...reading, ...coveredOf(reading, none), ...Object.fromEntries(sums) }
}

/** What one of them does not know is not known of both. */
function addContexts(one: ReadingContext, other: ReadingContext): ReadingContext {
  const sums = counted.flatMap((name) => {
    const [left, right] = [one[name], other[name]]
    return left === undefined || right === undefined ? [] : [[name, left + right] as const]
  })
  return { covered: commonOf(one.covered, other.covered), ...Object.fromEntries(sums) }
}

function coveredOf(one: MetricReading, other: MetricReading): { readonly covered: Interval } | undefined {
  const [left, right] = [one.covered, other.covered]
  const covered = left === undefined || right === undefined ? (left ?? right) : commonOf(left, right)
  return covered && { covered }
}

function commonOf(one: Interval, other: Interval): Interval {
  const fromMs = Math.max(one.fromMs, other.fromMs)
  return { fromMs, toMs: Math.max(fromMs, Math.min(one.toMs, other.toMs)) }
}

function cannotAdd(what: string): ModelspineError {
  return new ModelspineError('metric-error', `${what} cannot be added`, { retryable: false })
}
