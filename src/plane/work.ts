import type { Clock, Timer } from '../clock.ts'
import { ModelspineError, messageOf } from '../errors.ts'
import { createBackoff } from '../reconcile/backoff.ts'
import { createLeaderElection } from '../reconcile/leader-election.ts'
import type { HeldLease } from '../reconcile/lease-term.ts'
import { createLoop, type FinishedRun, type Loop } from '../reconcile/loop.ts'
import { priorities } from '../reconcile/priority.ts'
import { createQueue, type Queue } from '../reconcile/queue.ts'
import type { Result } from '../reconcile/result.ts'
import type { Key } from '../resources/metadata.ts'
import type { ModelDeployment } from '../resources/model-deployment.ts'
import type { ReconcileDeployment } from '../rollout/reconciler-options.ts'
import type { Parts } from './parts.ts'

/** One holder at a time reconciles and writes the audit log. */
export const leaseName = 'modelspine'

/** A cron-style run is not meant to sit through a rollout, only to do what is due. */
const mostPasses = 100

const longestTimerMs = 2 ** 31 - 1

export interface WorkOptions {
  readonly parts: Pick<Parts, 'store' | 'clock' | 'logger' | 'targets' | 'registries'>
  readonly reconcile: ReconcileDeployment
  readonly holder: string
  readonly leaseMs: number
  readonly concurrency: number
  gained(): void
  /** The last that is done under the lease before it is given back. */
  beforeRelease(): Promise<void>
  lost(): void
  finished(run: FinishedRun<Key>): void
}

/** The part of a plane that only the lease's holder does. */
export interface Work {
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

export function createWork(options: WorkOptions): Work {
  const { parts, reconcile, holder, leaseMs } = options
  const { store, clock, logger } = parts
  const queue = createQueue<Key>({ clock })
  const backoff = createBackoff<Key>({ clock })
  let borrowed: HeldLease | undefined
  let loop: Loop<Key> | undefined
  let life: Timer | undefined

  /** A process that only runs a plane must not end because nothing else happens in it. */
  const stayAlive = (): void => {
    life?.cancel()
    life = clock.schedule(longestTimerMs, stayAlive, true)
  }

  const runWith = (held: HeldLease | undefined, key: Key, abort: AbortSignal): Promise<Result> => {
    if (held === undefined) throw new ModelspineError('lease-held', 'this process does not hold the lease')
    return reconcile(key, { held, abort })
  }
  const election = createLeaderElection({
    store,
    name: leaseName,
    holder,
    ttlMs: leaseMs,
    retryEveryMs: Math.min(2000, leaseMs / 4),
    clock,
    logger,
    onGained: (_lease, abort) => lead(abort),
    onLost: () => options.lost(),
  })
  const lead = async (abort: AbortSignal): Promise<void> => {
    const working = createLoop<Key>({
      queue,
      reconcile: (key, { abort: interrupted }) =>
        runWith(election.lease(), key, AbortSignal.any([abort, interrupted])),
      backoff,
      clock,
      concurrency: options.concurrency,
      logger,
      onResult: options.finished,
    })
    loop = working
    for await (const { key } of store.list('ModelDeployment')) queue.add(key, { priority: priorities.resync })
    if (abort.aborted) return
    working.start()
    options.gained()
    const hints = [...followTargets(parts, queue, abort), ...followRegistries(parts, queue, abort)]
    await aborted(abort)
    await working.stop({ drainMs: 0 })
    await Promise.all(hints)
  }

  return {
    queue,
    held: () => borrowed ?? election.lease(),
    start() {
      stayAlive()
      election.start()
    },
    async stop(drainMs) {
      await loop?.stop({ drainMs })
      if (election.lease() !== undefined) await options.beforeRelease()
      await election.stop()
      queue.close()
      life?.cancel()
    },
    nudge: (key) => queue.add(key, { priority: priorities.user }),
    async once(key) {
      const working = loop
      // Through the loop, which never has one key in work twice.
      if (working !== undefined && election.lease() !== undefined) return passes(() => working.runOnce(key))
      borrowed = await borrow(store, clock, holder, leaseMs)
      const lent = borrowed
      try {
        const result = await passes(() => runWith(lent, key, never))
        await options.beforeRelease()
        return result
      } finally {
        borrowed = undefined
        await store.releaseLease(lent)
      }
    },
  }
}

const never = new AbortController().signal

/** Again and again while there is something to do at once. */
async function passes(run: () => Promise<Result>): Promise<Result> {
  for (let pass = 1; ; pass += 1) {
    const result = await run()
    if (result.kind !== 'requeue' || result.afterMs > 0 || pass === mostPasses) return result
  }
}

async function borrow(
  store: Parts['store'],
  clock: Clock,
  holder: string,
  leaseMs: number,
): Promise<HeldLease> {
  const askedMs = clock.monotonic()
  const lease = await store.acquireLease(leaseName, holder, leaseMs)
  if (lease === null) {
    throw new ModelspineError('lease-held', 'another process reconciles now; it does what is due')
  }
  return { ...lease, remainingMs: () => Math.max(0, leaseMs * 0.9 - (clock.monotonic() - askedMs)) }
}

function aborted(abort: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (abort.aborted) resolve()
    else abort.addEventListener('abort', () => resolve(), { once: true })
  })
}

function followTargets(
  { targets, logger }: WorkOptions['parts'],
  queue: Queue<Key>,
  abort: AbortSignal,
): Promise<void>[] {
  return Object.entries(targets).flatMap(([name, target]) =>
    target.changes === undefined
      ? []
      : [
          follow(
            `target ${name}`,
            () => target.changes?.(abort) ?? [],
            (key: Key) => queue.add(key),
            logger,
          ),
        ],
  )
}

/** A registry's hint names a model; every deployment of that registry looks, because only adapters can read references. */
function followRegistries(
  { registries, store, logger }: WorkOptions['parts'],
  queue: Queue<Key>,
  abort: AbortSignal,
): Promise<void>[] {
  return Object.entries(registries).flatMap(([name, registry]) => {
    if (registry.changes === undefined) return []
    const look = async (): Promise<void> => {
      for await (const { key, resource } of store.list('ModelDeployment')) {
        if ((resource as ModelDeployment).spec.model.registry === name) queue.add(key)
      }
    }
    return [follow(`registry ${name}`, () => registry.changes?.(abort) ?? [], look, logger)]
  })
}

/** A source of hints that fails is only reported: without it changes are seen at the next look. */
async function follow<Hint>(
  what: string,
  hints: () => AsyncIterable<Hint> | readonly Hint[],
  take: (hint: Hint) => void | Promise<void>,
  logger: Parts['logger'],
): Promise<void> {
  try {
    for await (const hint of hints()) await take(hint)
  } catch (error) {
    logger.warn({ error: messageOf(error) }, `${what} gives no more hints of changes`)
  }
}
