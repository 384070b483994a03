import { type Clock, sleep, type Timer } from '../clock.ts'
import { ModelspineError, messageOf } from '../errors.ts'
import type { Lease, StateStore } from '../store/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { ElectionTimes } from './election-times.ts'
import { type Moment, momentOf, remainingMs } from './lease-life.ts'

/** A lease as its holder sees it. */
export interface HeldLease extends Lease {
  /**
   * Milliseconds for which work may still go on under the lease, by this machine's clocks and without the
   * margin. 0 when work must end.
   */
  remainingMs(): number
}

/**
 * - `stopped`: the election was asked to stop.
 * - `expired`: the lease could not be renewed in time, or this process stood still.
 * - `taken`: the store says that this process no longer holds the lease.
 * - `failed`: `onGained` failed.
 */
export type LostReason = 'stopped' | 'expired' | 'taken' | 'failed'

export interface TermOptions extends ElectionTimes {
  /** How long the work may go on after its abort, in milliseconds. Then the term ends without it. */
  graceMs(): number
  readonly store: Pick<StateStore, 'renewLease' | 'releaseLease'>
  readonly clock: Clock
  readonly logger: Logger
  onGained(lease: HeldLease, abortSignal: AbortSignal): Promise<void> | void
  onLost?(reason: LostReason): void
}

export interface LeaseTerm {
  lease(): HeldLease | undefined
  /** Settles when the work has ended or was given up, and the lease was released. Never rejects. */
  readonly ended: Promise<void>
}

/**
 * Runs from the grant of a lease to its release: renews the lease, and ends the work before the lease ends.
 */
export function beginTerm(
  options: TermOptions,
  granted: Lease,
  askedAt: Moment,
  stop: AbortSignal,
): LeaseTerm {
  const { store, clock, logger, ttlMs, marginMs, renewEveryMs, retryEveryMs } = options
  const about = { lease: granted.name, holder: granted.holder, fence: granted.fence }
  const work = new AbortController()
  /** Fires when the lease is no longer of use. */
  const over = new AbortController()
  const lost = Promise.withResolvers<LostReason>()
  let state: LostReason | 'held' = 'held'
  let begun = false
  let last = { lease: granted, askedAt }
  let watchdog: Timer | undefined
  const graced = Promise.withResolvers<false>()
  let grace: Timer | undefined

  const left = (): number => remainingMs(clock, last.askedAt, ttlMs - marginMs)

  const held = (): HeldLease => ({ ...last.lease, remainingMs: () => (over.signal.aborted ? 0 : left()) })

  const lose = (reason: LostReason): void => {
    if (reason !== 'stopped') {
      over.abort()
      watchdog?.cancel()
    }
    if (state !== 'held') return
    state = reason
    work.abort(
      new ModelspineError('aborted', `the lease ${granted.name} of ${granted.holder} ended: ${reason}`),
    )
    logger.info({ ...about, reason }, `the lease ${granted.name} ends: ${reason}`)
    lost.resolve(reason)
    if (!begun) return
    try {
      options.onLost?.(reason)
    } catch (cause) {
      logger.error({ ...about, cause }, `onLost threw: ${messageOf(cause)}`)
    }
  }

  const watch = (): void => {
    watchdog?.cancel()
    const leftMs = left()
    if (leftMs > 0) watchdog = clock.schedule(Math.max(1, leftMs), watch)
    else lose('expired')
  }

  const renew = async (): Promise<void> => {
    // Counted from the question, so that a store which answers slowly costs no part of the lease twice.
    const untilNext = ({ monotonicMs }: Moment): number =>
      Math.max(0, renewEveryMs - (clock.monotonic() - monotonicMs))
    let waitMs = untilNext(last.askedAt)
    while (!over.signal.aborted) {
      await sleep(clock, waitMs, over.signal).catch(() => {})
      if (over.signal.aborted) return
      const nextAskedAt = momentOf(clock)
      try {
        const lease = await store.renewLease(last.lease, ttlMs)
        if (over.signal.aborted) return
        if (lease === null) return lose('taken')
        last = { lease, askedAt: nextAskedAt }
        watch()
        waitMs = untilNext(nextAskedAt)
      } catch (cause) {
        logger.warn({ ...about, cause }, `renewing the lease ${granted.name} failed: ${messageOf(cause)}`)
        waitMs = Math.min(retryEveryMs, renewEveryMs)
      }
    }
  }

  const doWork = async (): Promise<void> => {
    // The work begins only after the caller knows this term.
    await Promise.resolve()
    if (state !== 'held') return
    begun = true
    try {
      await options.onGained(held(), work.signal)
    } catch (cause) {
      if (state === 'held') logger.error({ ...about, cause }, `onGained failed: ${messageOf(cause)}`)
      lose('failed')
    }
  }

  const giveGrace = (): void => {
    grace?.cancel()
    grace = clock.schedule(options.graceMs(), () => graced.resolve(false), true)
  }

  const toEnd = async (): Promise<void> => {
    const worked = doWork()
    await lost.promise
    giveGrace()
    const ended = await Promise.race([worked.then(() => true), graced.promise])
    grace?.cancel()
    if (!ended) logger.warn(about, `the work under the lease ${granted.name} ignores its abort`)
    over.abort()
    watchdog?.cancel()
    stop.removeEventListener('abort', onStop)
    if (state === 'taken') return
    try {
      await store.releaseLease(last.lease)
    } catch (cause) {
      logger.warn({ ...about, cause }, `releasing the lease ${granted.name} failed: ${messageOf(cause)}`)
    }
  }

  const onStop = (): void => {
    // A stop may give less time than was left.
    if (state !== 'held') giveGrace()
    lose('stopped')
  }
  stop.addEventListener('abort', onStop, { once: true })
  watch()
  if (stop.aborted) onStop()
  void renew()
  return {
    lease() {
      if (over.signal.aborted) return undefined
      if (left() > 0) return held()
      lose('expired')
      return undefined
    },
    ended: toEnd(),
  }
}
