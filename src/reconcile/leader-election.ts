/**
 * One holder of a lease at a time works. A lease does not guarantee that: a process may be frozen while it believes
 * itself the leader. So the fence goes with every write, and work is told to end before the lease does.
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
  /** Of the lease. */
  readonly name: string
  /** Of this process, unlike any other's: two with one name take the lease from each other. */
  readonly holder: string
  /** Default 15 s, as in client-go. */
  readonly ttlMs?: number
  /** Default a third of `ttlMs`. */
  readonly renewEveryMs?: number
  /** Between attempts to get the lease, and between those to renew it after one failed. Default 2 s. */
  readonly retryEveryMs?: number
  /** Attempts to get the lease are up to this share of `retryEveryMs` later, at random. Default 1.2, as in client-go. */
  readonly jitter?: number
  /** Work is told to end this long before the lease does. Default a third of `ttlMs`. */
  readonly marginMs?: number
  readonly clock: Clock
  /**
   * Called when the lease was gained. `abortSignal` fires when it was lost, when too little is left of it, or at `stop`. A
   * promise given back stands for the work: the lease is neither released nor sought again before it settles. A throw
   * or a rejection gives the lease up.
   */
  onGained(lease: HeldLease, abortSignal: AbortSignal): Promise<void> | void
  /** Called once for each `onGained`, right after its `abortSignal` fired. */
  onLost?(reason: LostReason): void
  readonly logger?: Logger
}

export interface LeaderElection {
  /** Begins to seek the lease. Nothing happens when it has begun already. */
  start(): void
  /** Aborts the work, waits for it, releases the lease. May be started again. */
  stop(): Promise<void>
  /** What is held now, with time left; undefined otherwise. */
  lease(): HeldLease | undefined
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { store, name, holder, clock, logger = silentLogger } = options
  const times = electionTimes(options)
  let seeking: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined
  /** Ends when nothing is left of what was stopped. */
  let before = Promise.resolve()
  let term: LeaseTerm | undefined

  const lead = async (stop: AbortSignal): Promise<void> => {
    const askedAt = momentOf(clock)
    const granted = await store.acquireLease(name, holder, times.ttlMs)
    if (granted === null) return
    term = beginTerm({ ...options, ...times, logger }, granted, askedAt, stop)
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
      const stop = new AbortController()
      seeking = { stop, ended: before.then(() => seek(stop.signal)) }
    },
    stop() {
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
