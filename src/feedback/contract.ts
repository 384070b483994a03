/**
 * What is learned after a request was answered: what would have been right, how people liked it, what came of it.
 *
 * A signal names the request it is about, or the deployment when there is none. Labels are joined to what was
 * predicted; the numbers become metrics that gates read. A signal about a request counts at the time of that request,
 * not at its own, so that the interval of a rollout's step judges the traffic of that step, however late its labels come.
 */

import type { Key } from '../resources/metadata.ts'

export type Signal = LabelSignal | RatingSignal | OutcomeSignal

/** What would have been right: `labels.accuracy`. */
export type LabelSignal = {
  readonly kind: 'label'
  /** One label, or as many as the request had instances. Compared as text with what was predicted. */
  readonly value: unknown
} & (
  | {
      readonly requestId: string
      /** What was predicted, where the reply does not tell it plainly. */
      readonly prediction?: unknown
    }
  | (AboutDeployment & { readonly prediction: unknown })
)

/** How good somebody found an answer, on whatever scale: `ratings.mean`. */
export type RatingSignal = { readonly kind: 'rating'; readonly value: number } & About

/** What came of it: `outcomes.<name>`. True or false make a share, numbers a distribution. */
export type OutcomeSignal = {
  readonly kind: 'outcome'
  /** Letters, digits, `.`, `-` and `_`. */
  readonly name: string
  readonly value: boolean | number
} & About

export type About = { readonly requestId: string } | AboutDeployment

export interface AboutDeployment {
  readonly requestId?: never
  readonly deployment: Key
  /** Without it the signal counts for the deployment as a whole and for no revision. */
  readonly revision?: string
  /**
   * When the prediction was made, milliseconds since the epoch; now when left out. A clock that is up to a minute ahead is
   * taken for now, a later time is refused.
   */
  readonly atMs?: number
}

export type SignalOutcome =
  /** Counted for the request it names. */
  | 'joined'
  /** Counted for the deployment it names. */
  | 'accepted'
  /** The request was known once and is forgotten, or `atMs` is longer ago than metrics reach: not counted. */
  | 'late'
  /** The request has this signal already: the first one stays. */
  | 'duplicate'
  /** No such request, or forgotten so long ago that nothing is known of it. */
  | 'unknown'
  /** The reply tells no prediction that the label could be compared with: not counted. */
  | 'unreadable'

export interface SignalReceipt {
  readonly outcome: SignalOutcome
}

/** A signal with what became of it, for whoever passes signals on. */
export interface SignalEvent {
  readonly signal: Signal
  readonly outcome: SignalOutcome
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number
  /** Whom it was counted for, or would have been. */
  readonly deployment?: Key
  readonly revision?: string
  /** When the prediction was made. */
  readonly predictedAtMs?: number
}

/** How often each happened since the start. */
export type FeedbackCounts = Readonly<Record<SignalOutcome, number>> & {
  /** Requests whose reply is remembered now, and the bytes that takes. */
  readonly remembered: number
  readonly rememberedBytes: number
  /** Revisions whose numbers had to make room for others. */
  readonly evictedSeries: number
  /** Listeners of signals that threw. */
  readonly listenerFailures: number
}

export interface Feedback {
  /** Throws `invalid-options` for a signal that is none, naming the field. */
  record(signal: Signal): SignalReceipt
  readonly counts: FeedbackCounts
  /** Told of every signal after it was counted, until the returned function is called. */
  onSignal(listener: (event: SignalEvent) => void): () => void
}
