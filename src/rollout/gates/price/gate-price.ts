import type { AnalysisGate } from '../../../resources/deployment/model-deployment.ts'
import type { MetricReading } from '../../../telemetry/contract.ts'

/** A gate in one step of a rollout. */
export interface GateAtStep {
  readonly gate: AnalysisGate
  /** The step's place in the strategy, from 0. */
  readonly step: number
  /** The candidate's percent of traffic meanwhile. */
  readonly weight: number
  /** How long the step measures, in milliseconds. */
  readonly forMs: number
  /** The chance of a false alarm that the gate has in this step, in all its windows together. */
  readonly alpha: number
}

/** What the stable revision's metric was lately. */
export interface Lately {
  readonly reading: MetricReading
  /** Since the stable revision has its weight, when that is not as long ago as the reading begins. */
  readonly since?: MetricReading
  /** The stable revision's percent of traffic. */
  readonly weight: number
  /** How late the source's numbers are, in milliseconds. */
  readonly delayMs: number
}

/** How much traffic a gate needs in one step, before the step runs. */
export type GatePrice = PricedGate | UnpricedGate

interface AtStep {
  readonly gate: string
  /** The step's place in the strategy, from 0. */
  readonly step: number
  /** The candidate's percent of traffic meanwhile. */
  readonly weight: number
  readonly windowMinutes: number
  /** For people: the price in words, or why there is none. */
  readonly message: string
  /** What the gate cannot do in its time, and what would do. */
  readonly warnings: readonly string[]
}

/** No price can be told, or it is not known yet. */
export interface UnpricedGate extends AtStep {
  readonly kind: 'unknown'
}

/**
 * A price is found by trying: many made-up rollouts with numbers like those of the stable revision. A candidate that is worse has
 * a larger share of bad samples, or a mean that lies off while values spread alike. For a quantile all its values are larger by the
 * same factor. For events it has more of them a second.
 *
 * All samples are those of the candidate and of the stable revision together, or of the candidate alone where the rule has a
 * constant.
 */
export interface PricedGate extends AtStep, PriceNumbers {
  readonly kind: 'known'
}

export interface PriceNumbers {
  /**
   * What the metric of the stable revision was lately. Events a second are those that it has with all traffic, where the
   * gate compares, and otherwise those that a revision like it has at the step's weight.
   */
  readonly base: number
  /** What the samples here are. Events come in the time that passes, so the minutes are what counts for them. */
  readonly counts: 'samples' | 'events'
  /** How late the numbers of the gate's source come, and so what they show. */
  readonly delayMinutes: number
  /** Samples of the whole traffic. */
  readonly samplesPerMinute: number
  /** In the metric's unit: how much worse than the stable revision, or than the bound, a candidate is that is to be seen. */
  readonly detect: number
  /** In what share of the cases it is seen with so many samples. */
  readonly power: number
  /** Absent when no number of samples is enough, as for all numbers here. */
  readonly toSee?: Needed
  /** How much traffic shows that a candidate which is as good as the stable revision meets the rule. */
  readonly toPass?: Needed
  /** The smallest difference that is seen within the step's window. */
  readonly seenInWindow?: number
  /** The smallest difference that is seen when the step is extended. */
  readonly seenInLongest?: number
  /** With an extension, if the gate asks for it. */
  readonly longestMinutes: number
  /** The candidate's weight with which the time is long enough. Absent when the given one does, or when none does. */
  readonly weightThatDoes?: number
}

export interface Needed {
  /** Of events: as many as come in this time at the rate of the stable revision. */
  readonly samples: number
  readonly candidateSamples: number
  /** How long they have to be measured. Late numbers come `delayMinutes` after that. */
  readonly minutes: number
}
