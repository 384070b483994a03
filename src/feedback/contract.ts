/**
 * Feedback is knowledge that arrives after a request was answered: the correct answer, how much people liked
 * the answer, and its result.
 *
 * A signal names the request that it is about. If there is no request, it names the deployment. Labels are
 * compared with the predictions. The numbers become metrics that gates read. A signal about a request counts
 * at the time of the request, not at the time when the signal came. So a step of a rollout is judged by the
 * traffic of that step, even when its labels come late.
 */

import type { Key } from '../resources/metadata.ts'

export type Signal = LabelSignal | RatingSignal | OutcomeSignal

/** The correct answer. Labels give the metric `labels.accuracy`. */
export type LabelSignal = {
  readonly kind: 'label'
  /** One label, or one label for each instance of the request. It is compared as text with the prediction. */
  readonly value: unknown
} & (
  | {
      readonly requestId: string
      /** The prediction, for a reply from which it cannot be read. */
      readonly prediction?: unknown
    }
  | (AboutDeployment & { readonly prediction: unknown })
)

/** How good a person found an answer, on any scale. Ratings give the metric `ratings.mean`. */
export type RatingSignal = { readonly kind: 'rating'; readonly value: number } & About

/**
 * The result that an answer had later. Outcomes give the metric `outcomes.<name>`. Values of true or false
 * make a ratio, numbers make a distribution.
 */
export type OutcomeSignal = {
  readonly kind: 'outcome'
  /** Up to 64 letters, digits, `.`, `-` and `_`. */
  readonly name: string
  readonly value: boolean | number
} & About

export type About = { readonly requestId: string } | AboutDeployment

export interface AboutDeployment {
  readonly requestId?: never
  /**
   * One that nobody has declared is counted, too, in a small room of its own. So its numbers are forgotten
   * sooner, and it takes no room from those that exist.
   */
  readonly deployment: Key
  /** Without a revision the signal counts for the deployment as a whole and for no single revision. */
  readonly revision?: string
  /**
   * When the prediction was made, in milliseconds since the epoch. Default: now. A time up to one minute in
   * the future counts as now, because clocks differ. A later time is refused.
   */
  readonly atMs?: number
}

export type SignalOutcome =
  /** Counted for the request it names. */
  | 'joined'
  /** Counted for the deployment it names. */
  | 'accepted'
  /**
   * Counted for no metric: the request's reply is already dropped, or the request or `atMs` is longer ago than
   * metrics reach.
   */
  | 'late'
  /** Not counted: the request has this signal already, and the first one stays. */
  | 'duplicate'
  /** Not counted: there was no such request, or the request is already forgotten. */
  | 'unknown'
  /** Not counted: the reply has no prediction that the label can be compared with. */
  | 'unreadable'

export interface SignalReceipt {
  readonly outcome: SignalOutcome
}

/** A signal with its outcome, for listeners that pass signals on. */
export interface SignalEvent {
  readonly signal: Signal
  readonly outcome: SignalOutcome
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number
  /** The deployment for which the signal counts, or would count. */
  readonly deployment?: Key
  readonly revision?: string
  /** When the prediction was made. */
  readonly predictedAtMs?: number
}

/** How often each outcome happened since the start. */
export type FeedbackCounts = Readonly<Record<SignalOutcome, number>> & {
  /** The part of `late` of each kind of signal. */
  readonly lateOf: Readonly<Record<Signal['kind'], number>>
  /** The number of requests whose reply is remembered now, and the bytes that these replies take. */
  readonly remembered: number
  readonly rememberedBytes: number
  /** How often the oldest numbers were forgotten, because they took more than `maxBytes`. */
  readonly forgotten: number
  /** How often a listener of signals threw an error. */
  readonly listenerFailures: number
}

export interface Feedback {
  /** Counts a signal. Throws `invalid-options` with the name of the field for a signal that is not valid. */
  record(signal: Signal): SignalReceipt
  readonly counts: FeedbackCounts
  /** Calls `listener` with every signal after it was counted, until the returned function is called. */
  onSignal(listener: (event: SignalEvent) => void): () => void
}
