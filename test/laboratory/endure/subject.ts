import type { Clock } from '../../../src/clock.ts'
import type { Verdict } from './samples.ts'

/** What endures callers for minutes. */
export interface Subject {
  /** What comes and goes with requests, by name: each must stay flat, and be 0 without callers. */
  counts(): Readonly<Record<string, number>>
  /** Lets upstreams forget what they remember of calls, which is no leak of ours. */
  forget(): void
  /** Lets each caller end its request. */
  stop(): Promise<void>
  /** What the callers got, after they have stopped. */
  judge(): readonly Verdict[]
  /** The first answers that nobody expected. */
  readonly unexpected: readonly string[]
  close(): Promise<void>
}

/** Begins the callers. The clock goes faster than the machine's, so that a silence lasts seconds. */
export type BeginSubject = (options: { readonly clock: Clock; readonly seed: number }) => Promise<Subject>
