import type { StoreChange } from '../../../store/contract.ts'
import type { ChangedName } from './store-reading.ts'

/** What a watch has told and nobody has read yet. */
export interface PendingChanges {
  /** Several changes of one object are one: the last. */
  post(change: StoreChange): void
  /**
   * Waits for changes and takes the objects that changed first; `all` when anything may have changed. Undefined
   * once nothing is left and `close` was called.
   */
  take(): Promise<readonly ChangedName[] | 'all' | undefined>
  close(): void
}

/** Above this number of objects, everything is read again, so that no more is kept. */
const mostPending = 4096

/** So many objects are read together, so that a person's change need not wait long in between. */
export const mostAtOnce = 64

export function createPendingChanges(): PendingChanges {
  const pending = new Map<string, ChangedName>()
  let isAll = false
  let closed = false
  let wake = (): void => {}
  return {
    post(change) {
      if (change.type === 'resync' || pending.size >= mostPending) {
        pending.clear()
        isAll = true
      } else if (!isAll) {
        pending.set(`${change.kind} ${change.key}`, change)
      }
      wake()
    },
    async take() {
      while (pending.size === 0 && !isAll) {
        if (closed) return undefined
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (isAll) {
        isAll = false
        return 'all'
      }
      const oldest: ChangedName[] = []
      for (const [id, name] of pending) {
        if (oldest.length === mostAtOnce) break
        pending.delete(id)
        oldest.push(name)
      }
      return oldest
    },
    close() {
      closed = true
      wake()
    },
  }
}
