import { type Clock, sleep, type Timer } from '../../clock.ts'
import { ModelspineError, messageOf } from '../../errors.ts'
import { createBackoff } from '../../reconcile/backoff.ts'
import { createLeaderElection } from '../../reconcile/leader-election.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import { createLoop, type FinishedRun } from '../../reconcile/loop.ts'
import { priorities } from '../../reconcile/priority.ts'
import { createQueue, type Queue } from '../../reconcile/queue.ts'
import type { Result } from '../../reconcile/result.ts'
import type { Key } from '../../resources/metadata.ts'
import type { ReconcileDeployment } from '../../rollout/shell/reconciler-options.ts'
import type { ControlContext } from '../control-context.ts'
import { followHints } from './follow-hints.ts'
import { borrowLease, type LeaseLoan } from './lease-loan.ts'

/** One holder at a time reconciles and writes the audit log. */
export const leaseName = 'modelspine'

/** A cron-style run is not meant to sit through a rollout, only to do what is due. */
const mostPasses = 100

const longestTimerMs = 2 ** 31 - 1

/** What is left to be done under the lease at a stop gets this long, even when nothing is left of `drainMs`. */
const leastDrainMs = 1000

export interface LeaderWorkOptions {
  readonly context: Pick<ControlContext, 'store' | 'clock' | 'logger' | 'targets' | 'registries'>
  readonly reconcile: ReconcileDeployment
  readonly holder: string
  readonly leaseMs: number
  readonly concurrency: number
  /** Until what failed for good is looked at all the same, in milliseconds. */
  readonly resyncMs: number
  gained(): void
  /** The last that is done under the lease before it is given back. */
  beforeRelease(): Promise<void>
  lost(): void
  /** Told when the last work under a lost lease has ended. */
  stoodDown(): Promise<void>
  finished(run: FinishedRun<Key>): void
}

/** The part of a plane that only the lease's holder does. */
export interface LeaderWork {
  readonly queue: Queue<Key>
  /** The lease in force, this process's own. */
  held(): HeldLease | undefined
  start(): void
  stop(drainMs: number): Promise<void>
  /** Looks at a deployment soon, if this process is the one that does. */
  nudge(key: Key): void
  /** Does what is due for one deployment now, whoever runs the schedule. Throws `lease-held` when another process works. */
  once(key: Key): Promise<Result>
}

export function createLeaderWork(options: LeaderWorkOptions): LeaderWork {
  const { context, reconcile, holder, leaseMs, resyncMs } = options
  const { store, clock, logger } = context
  const queue = createQueue<Key>({ clock })
  let loan: LeaseLoan | undefined
  let loans: Promise<unknown> = Promise.resolve()
  let life: Timer | undefined

  const held = (): HeldLease | undefined => election.lease() ?? loan?.lease()

  /** All work goes through it, so that no deployment is worked at twice at the same time. */
  const loop = createLoop<Key>({
    queue,
    async reconcile(key, { abortSignal }) {
      const lease = held()
      if (lease === undefined) throw new ModelspineError('lease-held', 'this process does not hold the lease')
      return reconcile(key, { held: lease, abortSignal })
    },
    backoff: createBackoff<Key>({ clock }),
    clock,
    concurrency: options.concurrency,
    logger,
    onResult(run) {
      // What only a change can mend may be mended where nobody tells us: a permission that was granted.
      if (run.result.kind === 'terminal') {
        queue.add(run.key, { afterMs: resyncMs, priority: priorities.resync })
      }
      options.finished(run)
    },
  })
  const election = createLeaderElection({
    store,
    name: leaseName,
    holder,
    ttlMs: leaseMs,
    retryEveryMs: Math.min(2000, leaseMs / 4),
    clock,
    logger,
    async onGained(_lease, abortSignal) {
      for await (const { key } of store.list('ModelDeployment')) {
        queue.add(key, { priority: priorities.resync })
      }
      if (abortSignal.aborted) return
      loop.start()
      options.gained()
      followHints(context, queue, abortSignal)
      await aborted(abortSignal)
      await loop.stop({ drainMs: 0 })
      await options.stoodDown()
    },
    onLost: () => options.lost(),
  })

  /** A process that only runs a plane must not end because nothing else happens in it. */
  const stayAlive = (): void => {
    life?.cancel()
    life = clock.schedule(longestTimerMs, stayAlive, true)
  }

  /** Again and again while there is something to do at once. */
  const passes = async (key: Key): Promise<Result> => {
    for (let pass = 1; ; pass += 1) {
      const result = await loop.runOnce(key)
      if (result.kind !== 'requeue' || result.afterMs > 0 || pass === mostPasses) return result
      await loan?.renew()
    }
  }

  const onLoan = async (key: Key): Promise<Result> => {
    if (election.lease() !== undefined) return passes(key)
    const mine = await borrowLease(store, clock, { name: leaseName, holder: `${holder} once`, leaseMs })
    loan = mine
    try {
      const result = await passes(key)
      await options.beforeRelease()
      return result
    } finally {
      loan = undefined
      await mine.giveBack().catch((error: unknown) => {
        logger.warn({ error: messageOf(error) }, 'the lease could not be given back; it expires by itself')
      })
    }
  }

  return {
    queue,
    held,
    start() {
      stayAlive()
      election.start()
    },
    async stop(drainMs) {
      const begunMs = clock.monotonic()
      await loop.stop({ drainMs })
      if (election.lease() !== undefined) {
        const leftMs = drainMs - (clock.monotonic() - begunMs)
        await withinMs(clock, Math.max(leastDrainMs, leftMs), options.beforeRelease())
      }
      await election.stop()
      queue.close()
      life?.cancel()
    },
    nudge: (key) => queue.add(key, { priority: priorities.user }),
    once(key) {
      if (election.lease() !== undefined) return passes(key)
      // One loan at a time: a second grant would raise the fence under the first.
      const turn = loans.then(() => onLoan(key))
      loans = turn.catch(() => {})
      return turn
    },
  }
}

function aborted(abortSignal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abortSignal.aborted) resolve()
    else abortSignal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Waits for it, or for the time to pass; it goes on all the same. */
async function withinMs(clock: Clock, ms: number, what: Promise<void>): Promise<void> {
  const enough = new AbortController()
  await Promise.race([what, sleep(clock, ms, enough.signal).catch(() => {})])
  enough.abort()
}
