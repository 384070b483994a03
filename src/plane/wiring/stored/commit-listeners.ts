import type { Key } from '../../../resources/metadata.ts'
import type { Kind, StoredObject } from '../../../store/contract.ts'
import type { TypedObject } from '../../../store/typed-store.ts'
import type { PlaneFact } from '../../control-context.ts'

/** What this process wrote together with an object. */
export interface Commit {
  /** The events that were committed with the object. */
  readonly facts: readonly PlaneFact[]
  /** A call of a person, or a run of the loop. */
  readonly by: 'person' | 'loop'
}

/** Hears what is stored. Must not throw, and must be quick. */
export interface CommitListener {
  /** This process has written the object. When the write removed it, this is the object as it was before. */
  committed?(stored: StoredObject, commit: Commit): void
  /** The store shows the object in a version that this process has not read before, whoever wrote it. */
  seen?(stored: TypedObject): void
  /** The object is not stored any more. Also told for an object that was never seen. */
  gone?(kind: Kind, key: Key): void
  /**
   * The store told of a write that shows no object in a new version: it committed events alone, or it is told
   * again.
   */
  nothingNew?(): void
  /** All of the changes that were read together have been told. */
  settled?(): void
  /** Everything that is stored has been told once. */
  loaded?(): void
}

/** Everything in a plane that hears of commits, in the order in which it was added. */
export interface CommitListeners extends Required<CommitListener> {
  add(...listeners: readonly CommitListener[]): void
}

export function createCommitListeners(): CommitListeners {
  /** Filled once, while the plane is wired. */
  const listeners: CommitListener[] = []
  return {
    add(...more) {
      listeners.push(...more)
    },
    committed(stored, commit) {
      for (const listener of listeners) listener.committed?.(stored, commit)
    },
    seen(stored) {
      for (const listener of listeners) listener.seen?.(stored)
    },
    gone(kind, key) {
      for (const listener of listeners) listener.gone?.(kind, key)
    },
    nothingNew() {
      for (const listener of listeners) listener.nothingNew?.()
    },
    settled() {
      for (const listener of listeners) listener.settled?.()
    },
    loaded() {
      for (const listener of listeners) listener.loaded?.()
    },
  }
}
