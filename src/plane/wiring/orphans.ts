import { type Clock, sleep } from '../../clock.ts'
import type { DeploymentTarget } from '../../deployment-target/contract.ts'
import { messageOf } from '../../errors.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { Key } from '../../resources/metadata.ts'
import { loopActor } from '../../rollout/machine/moves/rollback.ts'
import { boundedEntry } from '../../security/bounded-entry.ts'
import type { TypedStore } from '../../store/typed-store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Orphan } from '../health.ts'

export interface OrphanOptions {
  readonly store: Pick<TypedStore, 'get' | 'putEvents'>
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly clock: Clock
  readonly logger: Logger
  /**
   * `remove`: what is an orphan at two sweeps in a row is removed, and events for the audit log say so before and after.
   * `report`: orphans are only told. A deployment that is declared under an orphan's key adopts it.
   */
  readonly mode: 'report' | 'remove'
  held(): HeldLease | undefined
  /** Called when events for the audit log were committed. */
  recorded(): void
  /** Called when an orphan is found for the first time. */
  found(orphan: Orphan): void
}

export interface OrphanSweep {
  /** Lists every target once. Never rejects. */
  sweep(abortSignal: AbortSignal): Promise<void>
  /** Forgets all orphans, because another process looks for them from now on. */
  forget(): void
  /** The orphans of the last sweep. Bounded by what the targets list. */
  readonly orphans: readonly Orphan[]
}

interface Known extends Orphan {
  readonly removing: boolean
}

export function createOrphanSweep(options: OrphanOptions): OrphanSweep {
  let known: readonly Known[] = []
  return {
    async sweep(abortSignal) {
      const seen: Known[] = []
      for (const [name, target] of Object.entries(options.targets)) {
        const before = known.filter((each) => each.target === name)
        seen.push(...(await search(options, name, target, before, abortSignal)))
        if (abortSignal.aborted) return
      }
      known = seen
    },
    forget() {
      known = []
    },
    get orphans() {
      return known.map(({ target, key }) => ({ target, key }))
    },
  }
}

/** The orphans at one target. What could not be asked stays as it was known before. */
async function search(
  options: OrphanOptions,
  name: string,
  target: DeploymentTarget,
  before: readonly Known[],
  abortSignal: AbortSignal,
): Promise<readonly Known[]> {
  const { logger, mode, found, store } = options
  let listed: readonly Key[]
  try {
    listed = await target.list({ abortSignal })
  } catch (error) {
    if (!abortSignal.aborted)
      logger.warn({ target: name, error: messageOf(error) }, 'a target could not be searched for orphans')
    return before
  }
  // What is being removed is asked for until the target answers that nothing is left.
  const removing = before.filter((each) => each.removing).map(({ key }) => key)
  const seen: Known[] = []
  for (const key of new Set([...listed, ...removing])) {
    if (abortSignal.aborted) return before
    const again = before.find((each) => each.key === key)
    let requested = again?.removing === true
    const noted = (): void => {
      requested = true
    }
    try {
      if (!(await isOrphan(store, name, key))) continue
      if (again === undefined) found({ target: name, key })
      const removes = again !== undefined && mode === 'remove'
      if (removes && (await remove(options, name, target, key, noted, abortSignal))) continue
      seen.push({ target: name, key, removing: requested })
    } catch (error) {
      // One key that cannot be read or removed does not hide the others.
      logger.warn(
        { target: name, key, error: messageOf(error) },
        'an orphan could not be looked at or removed',
      )
      if (again !== undefined) seen.push({ ...again, removing: requested })
    }
  }
  return seen
}

const firstSweepMs = 60_000
/** The milliseconds between two sweeps. */
export const sweepEveryMs: number = 600_000

/** Sweeps again and again while this process leads. Never rejects. */
export async function followOrphans(
  { sweep }: OrphanSweep,
  clock: Clock,
  abortSignal: AbortSignal,
): Promise<void> {
  for (let waitMs = firstSweepMs; !abortSignal.aborted; waitMs = sweepEveryMs) {
    await sleep(clock, waitMs, abortSignal).catch(() => {})
    if (!abortSignal.aborted) await sweep(abortSignal)
  }
}

async function isOrphan(store: OrphanOptions['store'], target: string, key: Key): Promise<boolean> {
  const stored = await store.get('ModelDeployment', key)
  if (stored === null) return true
  const { status, resource } = stored
  const places = status?.placements ?? []
  return resource.spec.target.name !== target && !places.some((each) => each.target === target)
}

/** Returns true when nothing of the orphan is left. `noted` is called before anything may be sent. */
async function remove(
  { clock, held, recorded, logger, store }: OrphanOptions,
  name: string,
  target: DeploymentTarget,
  key: Key,
  noted: () => void,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const lease = held()
  if (lease === undefined) return false
  const operationId = clock.id()
  const record = async (action: string): Promise<void> => {
    const entry = boundedEntry({
      id: clock.id(),
      atMs: clock.now(),
      actor: loopActor,
      action,
      kind: 'ModelDeployment',
      key,
      uid: '',
      generation: 0,
      details: { target: name, operationId },
    })
    await store.putEvents('ModelDeployment', key, [entry], { lease: lease.name, fence: lease.fence })
    recorded()
  }
  // No status carries the ledger of this call, so its event stands before anything is sent.
  await record('orphan-removal-requested')
  noted()
  // The event may have taken its time, and somebody may have declared the deployment meanwhile.
  if (!(await isOrphan(store, name, key))) return true
  const result = await target.destroy(key, {
    operationId,
    fence: lease.fence,
    store: lease.store,
    handles: [],
    abortSignal,
  })
  logger.info({ target: name, key, result: result.kind }, 'an orphan is being removed')
  if (result.kind !== 'unchanged') return false
  await record('orphan-removed')
  return true
}
