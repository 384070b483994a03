import type { AnalysisGate } from '../../src/resources/deployment/model-deployment.ts'
import type { Sample } from '../../src/rollout/gates/evidence/sample.ts'
import type { Needed } from '../../src/rollout/gates/price/gate-price.ts'
import type { MetricReading } from '../../src/telemetry/contract.ts'

export interface Arms {
  readonly candidate: Sample
  readonly stable: Sample
}

/** A gate whose price is tried, with the traffic that it meets. */
export interface Trial {
  /** For people: what the revisions are like. */
  readonly what: string
  readonly gate: AnalysisGate
  /** The candidate's percent of traffic. */
  readonly weight: number
  /** What the stable revision's metric was in the last hour, with all traffic. */
  readonly lately: MetricReading
  start(): Arms
  /** What is measured at a look, given what was at the one before. There are `looks` until the promised end. */
  next(arms: Arms, promised: Needed, look: number, looks: number, random: () => number): Arms
}

export const tried: Omit<AnalysisGate, 'name' | 'metric' | 'detect'> = {
  source: 'plane',
  minSamples: 1,
  pass: { noWorseThan: 'stable', by: 0, better: 'lower' },
  noData: 'pause',
  onError: 'pause',
  power: 0.9,
}

export const lastHour = { fromMs: 0, toMs: 3_600_000 }

/** How many samples come between a look and the one before. */
export function samplesAt({ samples }: Needed, look: number, looks: number): number {
  return Math.round((samples * look) / looks) - Math.round((samples * (look - 1)) / looks)
}

export function isEmpty(sample: Sample): boolean {
  switch (sample.kind) {
    case 'proportion':
      return sample.total === 0
    case 'cells':
      return sample.counts.every((count) => count === 0)
    default:
      return false
  }
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`
}
