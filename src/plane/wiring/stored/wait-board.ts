import type { Key } from '../../../resources/metadata.ts'
import type { CommitListener } from './commit-listeners.ts'

/** Wakes those who wait for one deployment. A change costs the same however many wait for others. */
export interface WaitBoard extends CommitListener {
  /** Calls `changed` when the deployment has changed, whoever changed it, until the answer is called. */
  watch(key: Key, changed: () => void): () => void
}

export function createWaitBoard(): WaitBoard {
  /** Keeps only deployments that somebody waits for. */
  const waiting = new Map<Key, Set<() => void>>()
  const wake = (key: Key): void => {
    for (const changed of waiting.get(key) ?? []) changed()
  }
  return {
    watch(key, changed) {
      const those = waiting.get(key) ?? new Set()
      waiting.set(key, those)
      those.add(changed)
      return () => {
        those.delete(changed)
        if (those.size === 0 && waiting.get(key) === those) waiting.delete(key)
      }
    },
    committed({ kind, key }) {
      if (kind === 'ModelDeployment') wake(key)
    },
    seen({ kind, key }) {
      if (kind === 'ModelDeployment') wake(key)
    },
    gone(kind, key) {
      if (kind === 'ModelDeployment') wake(key)
    },
  }
}
