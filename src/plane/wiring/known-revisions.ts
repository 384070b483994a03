import type { Key } from '../../resources/metadata.ts'
import type { CommitListener } from './stored/commit-listeners.ts'

/** Which deployments and revisions exist, as far as this process has seen. */
export interface KnownRevisions extends CommitListener {
  has(deployment: Key, revision: string | undefined): boolean
}

export function createKnownRevisions(): KnownRevisions {
  /** Its keys are declared deployments. */
  const revisions = new Map<Key, readonly string[]>()
  return {
    seen(stored) {
      if (stored.kind !== 'ModelDeployment') return
      revisions.set(stored.key, Object.keys(stored.status?.revisions ?? {}))
    },
    gone(kind, key) {
      if (kind === 'ModelDeployment') revisions.delete(key)
    },
    has(deployment, revision) {
      const known = revisions.get(deployment)
      return known !== undefined && (revision === undefined || known.includes(revision))
    },
  }
}
