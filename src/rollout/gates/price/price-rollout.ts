import { messageOf } from '../../../errors.ts'
import type { AnalysisGate, ModelDeploymentSpec } from '../../../resources/deployment/model-deployment.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { MetricReading, MetricSource } from '../../../telemetry/contract.ts'
import { falseAlarmsOf } from '../../machine/false-alarms.ts'
import { stepsOf } from '../../machine/strategy-steps.ts'
import { metricCapabilities } from '../metric-capabilities.ts'
import type { GateAtStep, GatePrice, Lately } from './gate-price.ts'
import { priceGate } from './price-gate.ts'

/** What serves before the rollout, and where its numbers are. */
export interface PriceBasis {
  readonly deployment: Key
  readonly stable: string
  /** The stable revision's percent of traffic. */
  readonly weight: number
  /** When the split was last changed. */
  readonly trafficSinceMs?: number
  readonly sources: Readonly<Record<string, MetricSource>>
  readonly nowMs: number
}

/** The time of a whole cycle of most traffic is longer, but then what is measured is not what comes. */
const lookBackMs = 3_600_000

/** Prices each gate of each step, in the order of the steps. `runs` is how often a number of samples is tried. */
export async function priceRollout(
  spec: ModelDeploymentSpec,
  basis: PriceBasis,
  runs?: number,
): Promise<readonly GatePrice[]> {
  const places = placesOf(spec)
  const gates = new Set(places.map(({ gate }) => gate))
  const lately = new Map(
    await Promise.all([...gates].map(async (gate) => [gate, await readLately(gate, basis)] as const)),
  )
  const prices: GatePrice[] = []
  for (const at of places) {
    prices.push(await priceGate(at, lately.get(at.gate) ?? 'it was not read', runs))
  }
  return prices
}

function placesOf(spec: ModelDeploymentSpec): readonly GateAtStep[] {
  const alpha = falseAlarmsOf(spec)
  let weight = 0
  return stepsOf(spec).flatMap((each, step) => {
    if (each.kind === 'weight') weight = each.weight
    if (each.kind !== 'analyze') return []
    return each.gates.flatMap((name) => {
      const gate = spec.analysis.find((one) => one.name === name)
      return gate === undefined ? [] : [{ gate, step, weight, forMs: each.forMs, alpha }]
    })
  })
}

/** What the stable revision's metric was in the last hour, or why that cannot be read. */
async function readLately(
  { metric, source: name, compare }: AnalysisGate,
  { deployment, stable, weight, trafficSinceMs = 0, sources, nowMs }: PriceBasis,
): Promise<Lately | string> {
  const source = sources[name]
  const told = metricCapabilities(source, metric)
  if (source === undefined || told === undefined) return `no metric source is called "${name}"`
  if (typeof told === 'string') return told
  if (compare === 'raw') return 'it is not needed'
  const toMs = nowMs - told.delayMs
  const read = async (fromMs: number): Promise<MetricReading> =>
    source.query({ metric, labels: { deployment, revision: stable }, interval: { fromMs, toMs } })
  try {
    const known = { reading: await read(toMs - lookBackMs), weight, delayMs: told.delayMs }
    const isYoung = trafficSinceMs > toMs - lookBackMs && trafficSinceMs < toMs
    return isYoung ? { ...known, since: await read(trafficSinceMs) } : known
  } catch (error) {
    return messageOf(error)
  }
}
