import type { Clock } from '../../clock.ts'
import type { ErrorCode } from '../../errors.ts'
import type { RestOptions } from '../../routing/strategies/resting-strategy.ts'
import type { Outcome } from '../../telemetry/contract.ts'
import type { NamedModel } from '../model-failure.ts'

/** Limits of time, as whole milliseconds. Those of a route have the same meaning. */
export interface FallbackTimeouts {
  /**
   * The first output of one streamed call. Reasoning is output. Default: an equal share of `requestMs`, while another
   * model can still be asked.
   */
  readonly firstOutputMs?: number
  /** The pause between two parts of a stream, on either side: the model's and the reader's. Default 120,000. */
  readonly idleMs?: number
  /** One call for a whole reply. The default is that of `firstOutputMs`. */
  readonly attemptMs?: number
  /**
   * The whole request, with all attempts. Default 600,000: for a reply, or for the first output of a stream. A value
   * that is given bounds the rest of a stream, too.
   */
  readonly requestMs?: number
}

/** One model of a fallback. `place` tells two models with the same names apart: 0 is the first. */
export interface FallbackModel extends NamedModel {
  readonly place: number
}

/** One call to one model, which has ended. */
export interface FallbackAttempt extends FallbackModel {
  /** The same for all attempts of one request. */
  readonly requestId: string
  /** `aborted`: the caller left. That is no failure of the model. */
  readonly outcome: Outcome
  /** Why it failed, as one of Modelspine's codes. */
  readonly code?: ErrorCode
  /** What the model threw, or put into its stream. For a limit of time, a ModelspineError. Only when it failed. */
  readonly error?: unknown
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number
  /** How long the model was waited for, in milliseconds. */
  readonly durationMs: number
  /** The time until the first output of a stream, in milliseconds. */
  readonly firstOutputMs?: number
}

export interface FallbackOptions {
  /** The most calls of one request. Default: one for each model. */
  readonly attempts?: number
  readonly timeouts?: FallbackTimeouts
  /** When a model counts as dead, and for how long it is left alone. `false`: every request begins with the first. */
  readonly rest?: Omit<RestOptions, 'clock'> | false
  /**
   * Whether another model is asked after this error. Not asked after output, nor for a limit of time. Default, also for
   * undefined, for a promise and when it throws: not when no model would take the request (400, 422, content filter).
   */
  readonly shouldFailover?: (error: unknown, model: FallbackModel) => boolean | undefined
  /** Hears of each attempt when it has ended. When it throws or rejects, nothing is disturbed. */
  readonly onAttempt?: (attempt: FallbackAttempt) => unknown
  /** Default: the machine's own clock. */
  readonly clock?: Clock
}
