import type { Clock } from '../../clock.ts'
import type { DeploymentTarget } from '../../deployment-target/contract.ts'
import { messageOf } from '../../errors.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import { loopActor } from '../../rollout/machine/moves/rollback.ts'
import type { AuditLog } from '../../security/contract.ts'
import type { StateStore } from '../../store/contract.ts'
import type { Logger } from '../../telemetry/logger.ts'

/** Something at a target that no deployment of this plane's store has there. */
export interface Orphan {
  readonly target: string
  readonly key: Key
}

export interface OrphanOptions {
  readonly store: Pick<StateStore, 'get'>
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly audit: Pick<AuditLog, 'append'>
  readonly clock: Clock
  readonly logger: Logger
  /**
   * `remove`: what is an orphan at two sweeps in a row is removed, and the audit log says so before and after.
   * `report`: orphans are only told. A deployment that is declared under an orphan's key adopts it.
   */
  readonly mode: 'report' | 'remove'
  held(): HeldLease | undefined
  /** Called when an orphan is found for the first time. */
  found(orphan: Orphan): void
}

export interface OrphanSweep {
  /** Lists every target once. Never rejects. */
  sweep(abortSignal: AbortSignal): Promise<void>
  /** The orphans of the last sweep. Bounded by what the targets list. */
  readonly orphans: readonly Orphan[]
}

export function createOrphanSweep(options: OrphanOptions): OrphanSweep {
  const { targets, logger, mode, found } = options
  let known: readonly Orphan[] = []
  return {
    async sweep(abortSignal) {
      const seen: Orphan[] = []
      for (const [name, target] of Object.entries(targets)) {
        try {
          for (const key of await target.list({ abortSignal })) {
            if (abortSignal.aborted) return
            if (!(await isOrphan(options.store, name, key))) continue
            const before = known.some((each) => each.target === name && each.key === key)
            if (before && mode === 'remove' && (await remove(options, name, target, key, abortSignal)))
              continue
            if (!before) found({ target: name, key })
            seen.push({ target: name, key })
          }
        } catch (error) {
          if (abortSignal.aborted) return
          logger.warn({ target: name, error: messageOf(error) }, 'a target could not be searched for orphans')
          seen.push(...known.filter((each) => each.target === name))
        }
      }
      known = seen
    },
    get orphans() {
      return known
    },
  }
}

async function isOrphan(store: OrphanOptions['store'], target: string, key: Key): Promise<boolean> {
  const stored = await store.get('ModelDeployment', key)
  if (stored === null) return true
  const status = stored.status as DeploymentStatus | undefined
  const places = [
    (stored.resource as ModelDeployment).spec.target.name,
    status?.target,
    status?.coming?.target,
    ...(status?.leaving ?? []).map((each) => each.target),
  ]
  return !places.includes(target)
}

/** Returns true when nothing of the orphan is left. */
async function remove(
  { audit, clock, held, logger }: OrphanOptions,
  name: string,
  target: DeploymentTarget,
  key: Key,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const lease = held()
  if (lease === undefined) return false
  const operationId = clock.id()
  const record = (action: string): Promise<unknown> =>
    audit.append([
      {
        id: clock.id(),
        atMs: clock.now(),
        actor: loopActor,
        action,
        kind: 'ModelDeployment',
        key,
        uid: '',
        generation: 0,
        details: { target: name, operationId },
      },
    ])
  // No object carries these records, so the first one stands before anything is sent.
  await record('orphan-removal-requested')
  const { fence, store } = lease
  const result = await target.destroy(key, { operationId, fence, store, handles: [], abortSignal })
  logger.info({ target: name, key, result: result.kind }, 'an orphan is being removed')
  if (result.kind !== 'unchanged') return false
  await record('orphan-removed')
  return true
}
