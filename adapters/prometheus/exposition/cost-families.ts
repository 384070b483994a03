import { type AttemptRecord, conventionalOperation } from 'modelspine/adapter'
import { exportedLabels as label, exportedMetrics as metric } from '../exported-names.ts'
import { type CounterCells, CounterFamily, type Family } from './families.ts'
import { type Series, type SeriesBound, SeriesMemo } from './series.ts'
import type { Labels } from './text-format.ts'

export interface CostFamilies {
  readonly families: readonly Family[]
  count(record: AttemptRecord): void
}

const picoPerUsd = 1e12

/** Counts what calls cost. Pico-dollars are added, so that the first 9,000 USD of a series have no rounding error. */
export function costFamilies(bound: SeriesBound, actors: boolean): CostFamilies {
  const known = new CounterFamily(
    metric.cost,
    'What calls to upstreams cost in USD, as far as their prices are known.',
    bound,
    picoPerUsd,
  )
  const unknown = new CounterFamily(
    metric.unknownCosts,
    'Calls to upstreams of which something has no price.',
    bound,
  )
  const memo = { known: new SeriesMemo<CounterCells>(), unknown: new SeriesMemo<CounterCells>() }
  const seriesOf = (kind: 'known' | 'unknown', record: AttemptRecord): Series<CounterCells> => {
    const { upstream, route, operation, cost } = record
    const make = (): Series<CounterCells> => (kind === 'known' ? known : unknown).at(labelsOf(record, actors))
    // Actors are too many to be remembered for each upstream.
    if (actors) return make()
    return memo[kind].find(
      upstream,
      route,
      cost?.estimated === true ? `${operation} estimated` : operation,
      make,
    )
  }
  return {
    families: [known, unknown],
    count(record) {
      const { cost, endedAtMs } = record
      if (cost === undefined) return
      if (cost.unknown.length > 0) unknown.addTo(seriesOf('unknown', record), endedAtMs, 1)
      // A cost of which nothing has a price is no cost of 0.
      if (cost.unknown.length > 0 && cost.picoUsd === 0) return
      known.addTo(seriesOf('known', record), endedAtMs, cost.picoUsd)
    },
  }
}

function labelsOf({ operation, upstream, route, actor, cost }: AttemptRecord, actors: boolean): Labels {
  return {
    [label.operation]: conventionalOperation(operation),
    [label.route]: route,
    [label.model]: upstream.model,
    [label.provider]: upstream.provider,
    [label.deployment]: upstream.deployment,
    [label.revision]: upstream.revision,
    [label.actor]: actors ? actor.name : undefined,
    [label.costEstimated]: cost?.estimated === true ? 'true' : undefined,
  }
}
