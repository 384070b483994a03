import type { GateWindow, Measured } from '../../resources/deployment/deployment-status.ts'

/** What the judgement of a gate depends on besides its readings. */
export interface JudgeContext {
  /** The chance of a false alarm that this gate has in this step, in all its windows together. */
  readonly alpha: number
  /** The window in which the gate was tested last. */
  readonly window?: GateWindow
  /**
   * The candidate's part of the requests that the split gives to the candidate and to the stable revision, from 0 to 1.
   * Absent when it gives them none.
   */
  readonly share?: number
  /** When the split was last changed, in milliseconds since the epoch. */
  readonly splitSinceMs?: number
  /** Where the measured interval begins, in milliseconds since the epoch. */
  readonly fromMs: number
  /** The stable revision before the step. */
  readonly basis?: Measured
}
