import type { Scale } from '../resources/deployment/model-deployment.ts'
import type { Revision } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { FenceRecord } from './accept-fence.ts'
import type { ObservedOperation, ObservedRevision, ObservedTarget } from './contract.ts'

/** One mutation that a memory target has done. */
export interface TargetMutation {
  readonly kind: 'created' | 'removed' | 'split' | 'scaled'
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly operationId: string
  readonly key: Key
  /** Absent for `split`. */
  readonly revision?: string
}

/** A state that a test holds a revision in, regardless of the revision's age. */
export type HeldState = Pick<ObservedRevision, 'state' | 'reason' | 'message'>

/**
 * The world that memory targets act upon. It stands outside of the plane, as a vendor's cloud does. A new
 * target over the same world sees what a restarted process would see.
 */
export interface MemoryWorld {
  /** At least the newest 100,000 mutations. */
  readonly journal: readonly TargetMutation[]
  /** The number of revisions ever created, also those whose journal entry is gone. */
  readonly created: number
  /**
   * Revisions of this name are observed in this state until released. Holds also for revisions created
   * later.
   */
  hold(revision: string, as: HeldState): void
  release(revision: string): void
}

/**
 * Keyed by declared resources. An entry is dropped with its last revision. Its fence stays, because an older
 * fence must still be refused.
 */
export interface WorldState {
  readonly deployments: Map<Key, MemoryDeployment>
  readonly fences: Map<Key, FenceRecord>
  /** For each key the newest operations that the vendor took and failed, until everything is destroyed. */
  readonly failed: Map<Key, readonly FailedOperation[]>
  readonly held: ReadonlyMap<string, HeldState>
  /** Changes whenever a revision is held or released. */
  readonly epoch: number
  nextVersion(): number
  record(mutation: TargetMutation): void
}

export interface MemoryDeployment {
  /** By random id when names are random; otherwise by name. */
  readonly revisions: Map<string, MemoryRevision>
  /** New after every mutation. It never repeats, not even after everything was removed. */
  version: number
  /** The last observation, and the time until which it is valid. */
  seen?: { readonly observed: ObservedTarget; readonly untilMs: number; readonly epoch: number }
}

export interface FailedOperation extends ObservedOperation {
  readonly handle: string
}

export interface MemoryRevision {
  readonly revision: Revision
  readonly readyAtMs: number
  /** From then on it stands in lists. */
  readonly listedAtMs: number
  weight: number
  scale: Scale
  /** Set while the revision is being removed. */
  goneAtMs?: number
}

const journalLimit = 100_000
const states = new WeakMap<MemoryWorld, WorldState>()

/** An empty world. */
export function createMemoryWorld(): MemoryWorld {
  let journal: TargetMutation[] = []
  let created = 0
  let epoch = 0
  let version = 0
  const held = new Map<string, HeldState>()
  const world: MemoryWorld = {
    get journal() {
      return journal
    },
    get created() {
      return created
    },
    hold(revision, as) {
      held.set(revision, as)
      epoch += 1
    },
    release(revision) {
      held.delete(revision)
      epoch += 1
    },
  }
  states.set(world, {
    deployments: new Map(),
    fences: new Map(),
    failed: new Map(),
    held,
    get epoch() {
      return epoch
    },
    nextVersion: () => ++version,
    record(mutation) {
      if (mutation.kind === 'created') created += 1
      journal.push(mutation)
      if (journal.length > journalLimit * 1.5) journal = journal.slice(-journalLimit)
    },
  })
  return world
}

/** The inner state of a world, for memory targets only. */
export function stateOf(world: MemoryWorld): WorldState {
  const state = states.get(world)
  if (state === undefined)
    throw new TypeError('world is not a MemoryWorld: give one that createMemoryWorld() made')
  return state
}
