import { nextTurn, type Timer } from '../../clock.ts'
import { ModelspineError } from '../../errors.ts'
import { createBackoff, vendorPace } from '../../reconcile/backoff.ts'
import { jittered } from '../../reconcile/jittered.ts'
import { createLeaderElection } from '../../reconcile/leader-election.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import { createLoop, type FinishedRun } from '../../reconcile/loop.ts'
import { type Priority, priorities } from '../../reconcile/priority.ts'
import { createQueue, type Queue } from '../../reconcile/queue.ts'
import type { Result } from '../../reconcile/result.ts'
import { withinMs } from '../../reconcile/within-ms.ts'
import type { Key } from '../../resources/metadata.ts'
import { priorityOfStored } from '../../rollout/shell/priority-of-stored.ts'
import type { ReconcileDeployment } from '../../rollout/shell/reconciler-options.ts'
import type { ControlContext } from '../control-context.ts'
import { followHints } from './follow-hints.ts'
import { type LeaseLoan, withLoan } from './lease-loan.ts'

/** The lease's name. One holder at a time reconciles. */
export const leaseName = 'modelspine'

/** A run from a schedule must not wait for a whole rollout. It only does the work that is due. */
const mostPasses = 100

const longestTimerMs = 2 ** 31 - 1

/** At a stop, the last work under the lease may take until then, even when `drainMs` is less. */
const leastDrainMs = 1000

/** The part of `drainMs` that runs may use, together with their grace. The rest is for the last work after them. */
const drainOfRuns = 0.9

/** After so many deployments of a list, other work has its turn. */
const listedPerTurn = 256

/** How long runs may go on after their abort, in milliseconds. */
const graceMs = 1000

export interface LeaderWorkOptions {
  readonly context: Pick<ControlContext, 'store' | 'clock' | 'logger' | 'targets' | 'registries'>
  readonly reconcile: ReconcileDeployment
  readonly holder: string
  readonly leaseMs: number
  readonly concurrency: number
  /** Milliseconds after which a deployment is looked at again when its last run ended as terminal. */
  readonly resyncMs: number
  /** `abortSignal` fires when the lease is lost. */
  gained(abortSignal: AbortSignal): void
  /** Does the last work under the lease before the lease is given back. */
  beforeRelease(): Promise<void>
  lost(): void
  /** Called when the last work under a lease has ended. Should end within `limitMs`. */
  stoodDown(limitMs: number): Promise<void>
  /** The deployments that a change of this model may concern. */
  usersOf(registry: string, model: string): Iterable<Key>
  /** How long `stoodDown` may take, in milliseconds. */
  readonly standDownMs: number
  finished(run: FinishedRun<Key>): void
  /** A deployment whose run is under way is more urgent now. */
  raised(key: Key, priority: Priority): void
}

/** The part of a plane that only the holder of the lease does. */
export interface LeaderWork {
  readonly queue: Queue<Key>
  /** The lease that this process holds now. */
  held(): HeldLease | undefined
  /** Whether the loop works here: deployments that wait in the queue get their turn. */
  leads(): boolean
  start(): void
  stop(drainMs: number): Promise<void>
  /** The deployment's run waits until the answer is called. Meanwhile it takes no place of others. */
  aside(key: Key): () => void
  /** A person has changed the deployment: looks at it soon, if this process holds the lease. */
  nudge(key: Key): void
  /**
   * Does the work that is due for one deployment now, for hosts with their own schedule. Throws `lease-held`
   * when another process holds the lease.
   */
  once(key: Key): Promise<Result>
}

export function createLeaderWork(options: LeaderWorkOptions): LeaderWork {
  const { context, reconcile, holder, leaseMs, resyncMs, standDownMs } = options
  const { store, clock, logger } = context
  const queue = createQueue<Key>({ clock, raised: options.raised })
  let loan: LeaseLoan | undefined
  let loans: Promise<unknown> = Promise.resolve()
  let life: Timer | undefined

  /** When the stop must have ended, on the monotonic clock. */
  let stopsAtMs = Infinity
  /** A share of the time that a stop has left; without end while there is none. */
  const atMost = (share: number): number => Math.max(0, (stopsAtMs - clock.monotonic()) * share)

  const held = (): HeldLease | undefined => election.lease() ?? loan?.lease()

  /** All work goes through this loop, so that a deployment is never reconciled twice at the same time. */
  const loop = createLoop<Key>({
    queue,
    async reconcile(key, { abortSignal }) {
      const lease = held()
      if (lease === undefined) throw new ModelspineError('lease-held', 'this process does not hold the lease')
      return reconcile(key, { held: lease, abortSignal })
    },
    backoff: createBackoff<Key>({ clock, ...vendorPace }),
    clock,
    concurrency: options.concurrency,
    logger,
    onResult(run) {
      // A deployment whose last run ended as terminal is still looked at. Its cause may end outside the
      // plane, without any notice: a permission that was granted.
      if (run.result.kind === 'terminal') {
        queue.add(run.key, { afterMs: jittered(resyncMs, clock), priority: priorities.resync })
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
    graceMs: 2 * graceMs + standDownMs,
    clock,
    logger,
    async onGained(_lease, abortSignal) {
      let listed = 0
      for await (const stored of store.list('ModelDeployment')) {
        if (abortSignal.aborted) return
        queue.add(stored.key, { priority: priorityOfStored(stored) })
        listed += 1
        if (listed % listedPerTurn === 0) await nextTurn()
      }
      if (abortSignal.aborted) return
      loop.start()
      options.gained(abortSignal)
      followHints({ ...context, usersOf: options.usersOf }, queue, abortSignal)
      await aborted(abortSignal)
      await loop.stop({ drainMs: 0, graceMs })
      await options.stoodDown(atMost(1 / 3))
    },
    onLost: () => options.lost(),
  })

  /** Keeps the process alive. A process that only runs a plane must not end because it has no other work. */
  const stayAlive = (): void => {
    life?.cancel()
    life = clock.schedule(longestTimerMs, stayAlive, true)
  }

  /** Reconciles the deployment again while more work is due at once. */
  const passes = async (key: Key, abortSignal?: AbortSignal): Promise<Result> => {
    for (let pass = 1; ; pass += 1) {
      const result = await loop.runOnce(key, abortSignal === undefined ? {} : { abortSignal })
      if (result.kind !== 'requeue' || result.afterMs > 0 || pass === mostPasses) return result
      await loan?.renew()
    }
  }

  const onLoan = async (key: Key): Promise<Result> => {
    if (election.lease() !== undefined) return passes(key)
    return withLoan({ store, clock, logger, name: leaseName, holder, leaseMs }, async (mine, over) => {
      loan = mine
      try {
        const result = await passes(key, over)
        if (mine.lease() !== undefined) {
          await withinMs(clock, Math.min(leaseMs, atMost(1 / 3)), options.beforeRelease())
        }
        return result
      } finally {
        if (election.lease() === undefined) await options.stoodDown(atMost(1 / 3))
        loan = undefined
      }
    })
  }

  return {
    queue,
    held,
    leads: () => election.lease() !== undefined,
    start() {
      stayAlive()
      election.start()
    },
    async stop(drainMs) {
      const grace = Math.min(graceMs, Math.max(100, drainMs * (1 - drainOfRuns)))
      stopsAtMs = clock.monotonic() + Math.max(drainMs, leastDrainMs)
      await loop.stop({ drainMs: Math.max(0, drainMs * drainOfRuns - grace), graceMs: grace })
      if (election.lease() !== undefined) await withinMs(clock, atMost(1 / 2), options.beforeRelease())
      const released = Promise.all([election.stop({ graceMs: atMost(1 / 2) }), loans])
      await withinMs(clock, atMost(3 / 4), released)
      queue.close()
      life?.cancel()
    },
    aside: (key) => loop.aside(key),
    nudge(key) {
      // Whoever gains the lease looks at every deployment by itself.
      if (held() !== undefined) queue.add(key, { priority: priorities.user })
    },
    once(key) {
      if (election.lease() !== undefined) return passes(key)
      // One loan at a time, because a second grant would raise the fence above the first loan's fence.
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
