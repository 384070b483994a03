/**
 * One process at a time holds the lease and works. A lease alone does not guarantee that: a frozen process
 * may still believe that it leads. So the fence goes with every write, and work is told to end before the
 * lease does.
 */

import { type Clock, sleep } from '../clock.ts'
import { ModelspineError, messageOf } from '../errors.ts'
import type { StateStore } from '../store/contract.ts'
import { type Logger, silentLogger } from '../telemetry/logger.ts'
import { electionTimes } from './election-times.ts'
import { momentOf } from './lease-life.ts'
import { beginTerm, type HeldLease, type LeaseTerm, type LostReason } from './lease-term.ts'

export interface LeaderElectionOptions {
  readonly store: Pick<StateStore, 'acquireLease' | 'renewLease' | 'releaseLease'>
  /** The lease's name. */
  readonly name: string
  /**
   * The name of this process. It must be unique: two processes with one name take the lease from each other.
   */
  readonly holder: string
  /** Default 15 s, as in client-go. */
  readonly ttlMs?: number
  /** Default a third of `ttlMs`. */
  readonly renewEveryMs?: number
  /** Milliseconds between attempts to get the lease, and to renew it after a renewal failed. Default 2 s. */
  readonly retryEveryMs?: number
  /**
   * Each attempt to get the lease comes later at random, by up to `jitter` times `retryEveryMs`. Default 1.2,
   * as in client-go.
   */
  readonly jitter?: number
  /** Work is told to end this many milliseconds before the lease does. Default a third of `ttlMs`. */
  readonly marginMs?: number
  /**
   * How long the work may go on after its abort, in milliseconds. Then it is given up: its fence is refused
   * once the lease is granted again, and `remainingMs` of its lease is 0. Default 10 s.
   */
  readonly graceMs?: number
  readonly clock: Clock
  /**
   * Called when the lease was gained. `abortSignal` fires when the lease was lost, when too little of it is
   * left, or at `stop`. A returned promise stands for the work: the lease is neither released nor sought
   * again before the promise settles, or before `graceMs` have passed since the abort. A throw or a rejection
   * gives the lease up.
   */
  onGained(lease: HeldLease, abortSignal: AbortSignal): Promise<void> | void
  /** Called once for each `onGained`, right after its `abortSignal` fired. */
  onLost?(reason: LostReason): void
  readonly logger?: Logger
}

export interface LeaderElection {
  /** Begins to seek the lease. Does nothing when it has begun already. */
  start(): void
  /**
   * Aborts the work, waits for its end, for `graceMs` at most, and releases the lease. `graceMs` is the one of
   * the election unless it is given, and counts from the stop. The election may be started again.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>
  /** The lease that is held now, while time is left; undefined otherwise. */
  lease(): HeldLease | undefined
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { store, name, holder, clock, logger = silentLogger } = options
  const times = electionTimes(options)
  const { graceMs: usualGraceMs = 10_000 } = options
  let graceMs = usualGraceMs
  let seeking: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined
  /** Settles when everything that was stopped has ended. */
  let before = Promise.resolve()
  let term: LeaseTerm | undefined

  const lead = async (stop: AbortSignal): Promise<void> => {
    const askedAt = momentOf(clock)
    const granted = await store.acquireLease(name, holder, times.ttlMs)
    if (granted === null) return
    term = beginTerm({ ...options, ...times, graceMs: () => graceMs, logger }, granted, askedAt, stop)
    await term.ended
    term = undefined
  }

  const seek = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      try {
        await lead(stop)
      } catch (cause) {
        logger.warn(
          { lease: name, holder, cause },
          `asking for the lease ${name} failed: ${messageOf(cause)}`,
        )
      }
      const waitMs = times.retryEveryMs * (1 + times.jitter * clock.random())
      await sleep(clock, waitMs, stop).catch(() => {})
    }
  }

  return {
    start() {
      if (seeking !== undefined) return
      graceMs = usualGraceMs
      const stop = new AbortController()
      seeking = { stop, ended: before.then(() => seek(stop.signal)) }
    },
    stop(how = {}) {
      graceMs = how.graceMs ?? usualGraceMs
      if (seeking !== undefined) {
        seeking.stop.abort(new ModelspineError('stopped', `the election of ${name} was stopped`))
        before = seeking.ended
        seeking = undefined
      }
      return before
    },
    lease: () => term?.lease(),
  }
}
