import type { FeedbackCounts } from '../feedback/contract.ts'
import type { Key } from '../resources/metadata.ts'
import { faultOf } from '../rollout/shell/fault.ts'
import type { StateStore } from '../store/contract.ts'
import type { TypedStore } from '../store/typed-store.ts'

/** The health of the plane itself. Faults of one deployment stand in that deployment's conditions. */
export interface PlaneHealth {
  /** Whether this process holds the lease and reconciles. */
  readonly leading: boolean
  /** Keys that wait to be looked at. */
  readonly queued: number
  /**
   * Milliseconds between two looks at a deployment that has stood still for long, and a tenth more at most. It
   * is the option `resyncMs`, or longer when there are very many deployments: see `Pace`. Absent while this
   * process does not lead.
   */
  readonly resyncMs?: number
  /**
   * How many signals of each kind came too late to be counted, since the start. Absent while there are none. See
   * docs/feedback.md.
   */
  readonly lateSignals?: FeedbackCounts['lateOf']
  /** The faults that hinder a part of the plane now; empty when there are none. */
  readonly faults: readonly PlaneFault[]
}

/** The sorts of parts that a plane is given. */
export type PlanePart = 'store' | 'audit' | 'target' | 'registry' | 'metrics' | 'policy' | 'secrets'

/**
 * A part that gave no answer within its limit, or that failed several times in a row. The fault ends with the
 * next success of such a call. Without any such call it ends silently, two minutes after the plane would have
 * called again.
 */
export interface PlaneFault {
  readonly part: PlanePart
  /** The name that the plane's options give the part. Absent for the store and the audit log. */
  readonly name?: string
  /** CamelCase of the error's code, such as `StoreFull`. */
  readonly reason: string
  readonly message: string
}

export function planeFault({ part, name }: Pick<PlaneFault, 'part' | 'name'>, error: unknown): PlaneFault {
  return { part, ...(name !== undefined && { name }), ...faultOf(error) }
}

/** Something at a target that no deployment of this plane's store has there. */
export interface Orphan {
  readonly target: string
  readonly key: Key
}

/** At most this many names stand in a message. */
const mostNamed = 5

/** One fault for each target that holds orphans. */
export function orphanFaults(orphans: readonly Orphan[]): readonly PlaneFault[] {
  const targets = new Set(orphans.map(({ target }) => target))
  return [...targets].map((name) => {
    const keys = orphans.filter(({ target }) => target === name).map(({ key }) => key)
    const more = keys.length > mostNamed ? ` and ${keys.length - mostNamed} more` : ''
    return {
      part: 'target',
      name,
      reason: 'Orphans',
      message: `target "${name}" holds what no deployment has there: ${keys.slice(0, mostNamed).join(', ')}${more}; declare a deployment to adopt it, or set orphans: 'remove'`,
    }
  })
}

/** One fault for each deployment whose status a newer version of Modelspine wrote. */
export function newerFaults(store: Pick<TypedStore, 'newer'>): readonly PlaneFault[] {
  return store.newer().map(({ message }) => ({ part: 'store', reason: 'StatusNewer', message }))
}

/** One fault for each stored object that cannot be read. */
export function unreadableFaults(store: Pick<StateStore, 'faults'>): readonly PlaneFault[] {
  const faults = store.faults?.() ?? []
  return faults.map(({ message }) => ({ part: 'store', reason: 'StoreCorrupt', message }))
}
