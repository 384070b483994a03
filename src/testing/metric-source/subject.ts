import type { MetricSource } from '../../telemetry/contract.ts'

/** A source, and a way to put samples directly into it. */
export interface MetricSourceSubject {
  readonly source: MetricSource
  /** A metric whose samples `seed` adds. */
  readonly metric: string
  readonly deployment: string
  /** Milliseconds since the epoch, later than every seeded sample. */
  readonly nowMs: number
  /** How far apart two samples must be so that the source can separate them, up to the age of an hour. */
  readonly resolutionMs: number
  /**
   * Adds one sample of one revision. The fixture chooses the value. For a ratio it is a hit, so that a hit of
   * another revision shows.
   */
  seed(revision: string, atMs: number): Promise<void> | void
  /** A metric that the source refuses. Leave it out when the source does not know its own metrics. */
  readonly unknownMetric?: string
  /**
   * Lets this much time pass for the source, so that numbers that are late arrive. For a source with a
   * `delayMs` whose clock the fixture can move.
   */
  pass?(ms: number): Promise<void> | void
  /** Makes every later query fail. */
  disconnect?(): Promise<void> | void
  /** After this call whoever keeps the numbers takes queries and never answers. */
  stall?(): Promise<void> | void
  /** How many milliseconds an aborted query may take to end. Default 2,000. */
  readonly patienceMs?: number
  /** Makes the source know nothing from before this time, as after a restart. Called before any `seed`. */
  beginAt?(atMs: number): Promise<void> | void
  /**
   * Makes the counters that the source reads begin again at zero at this time, as when the measured process
   * was restarted. For a source that reads counters.
   */
  resetAt?(atMs: number): Promise<void> | void
}
