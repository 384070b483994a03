import type { Scale } from '../resources/deployment/model-deployment.ts'
import type { Revision } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { ObservedRevision, ObservedTarget } from './contract.ts'

/** What a memory target was made to do, in order. */
export interface TargetMutation {
  readonly kind: 'created' | 'removed' | 'split' | 'scaled'
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly operationId: string
  readonly key: Key
  /** Absent for `split`. */
  readonly revision?: string
}

/** A state that a revision is held in, whatever its age. */
export type HeldState = Pick<ObservedRevision, 'state' | 'reason' | 'message'>

/**
 * What memory targets act upon, as a vendor's cloud would stand outside of the plane: a target that is made anew over
 * the same world is what a restarted process sees.
 */
export interface MemoryWorld {
  /** The newest 100,000 mutations. */
  readonly journal: readonly TargetMutation[]
  /** Revisions ever created, also those whose journal entry is gone. */
  readonly created: number
  /** Revisions of this name are observed so until released; also those yet to be created. */
  hold(revision: string, as: HeldState): void
  release(revision: string): void
}

/** Keyed by declared resources: an entry is dropped with its last revision, except for its fence, which must outlive it. */
export interface WorldState {
  readonly deployments: Map<Key, MemoryDeployment>
  readonly fences: Map<Key, number>
  readonly held: ReadonlyMap<string, HeldState>
  /** Changes whenever something is held or released. */
  readonly epoch: number
  nextVersion(): number
  record(mutation: TargetMutation): void
}

export interface MemoryDeployment {
  /** By name where names are deterministic; else by a random id. */
  readonly revisions: Map<string, MemoryRevision>
  /** Another after every mutation, and not given again after all was removed. */
  version: number
  /** The last observation, and until when it holds. */
  seen?: { readonly observed: ObservedTarget; readonly untilMs: number; readonly epoch: number }
}

export interface MemoryRevision {
  readonly revision: Revision
  readonly readyAtMs: number
  weight: number
  scale: Scale
  /** Set while it is being removed. */
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

/** What only memory targets may touch. */
export function stateOf(world: MemoryWorld): WorldState {
  const state = states.get(world)
  if (state === undefined) throw new TypeError('world: give one that createMemoryWorld() made')
  return state
}
