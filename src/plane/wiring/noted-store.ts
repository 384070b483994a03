import type { Clock } from '../../clock.ts'
import { isModelspineError } from '../../errors.ts'
import type { StateStore } from '../../store/contract.ts'

/**
 * After this time a fault counts as over. A failing call is tried again within a minute, so a fault that
 * still exists is noted again before.
 */
const staleAfterMs = 120_000

export interface NotedStore extends StateStore {
  /** The newest failure of the store itself. A later success of the same sort of call clears it. */
  readonly fault: unknown
}

/** The same store. It notes the store's failures for the plane's health. */
export function notedStore(store: StateStore, clock: Clock): NotedStore {
  const faults = new Map<Sort, { readonly error: unknown; readonly atMs: number }>()

  const failed = (sort: Sort, error: unknown): void => {
    if (isModelspineError(error) && error.code.startsWith('store-')) {
      faults.set(sort, { error, atMs: clock.monotonic() })
    }
  }
  const noted = async <Answer>(sort: Sort, call: Promise<Answer>): Promise<Answer> => {
    try {
      const answer = await call
      if (faults.size > 0) faults.delete(sort)
      return answer
    } catch (error) {
      failed(sort, error)
      throw error
    }
  }
  return {
    capabilities: store.capabilities,
    get: (kind, key) => noted('read', store.get(kind, key)),
    putSpec: (resource, options) => noted('write', store.putSpec(resource, options)),
    putStatus: (kind, key, status, options) => noted('write', store.putStatus(kind, key, status, options)),
    delete: (kind, key, options) => noted('write', store.delete(kind, key, options)),
    async *list(kind) {
      try {
        yield* store.list(kind)
      } catch (error) {
        failed('read', error)
        throw error
      }
    },
    watch: (abortSignal) => store.watch(abortSignal),
    readEvents: (limit) => noted('read', store.readEvents(limit)),
    acknowledgeEvents: (position, fence) => noted('write', store.acknowledgeEvents(position, fence)),
    acquireLease: (name, holder, ttlMs) => noted('lease', store.acquireLease(name, holder, ttlMs)),
    renewLease: (lease, ttlMs) => noted('lease', store.renewLease(lease, ttlMs)),
    releaseLease: (lease) => noted('lease', store.releaseLease(lease)),
    close: () => store.close(),
    get fault() {
      const known = [...faults.values()].filter(({ atMs }) => clock.monotonic() - atMs < staleAfterMs)
      return known.sort((one, other) => other.atMs - one.atMs)[0]?.error
    },
  }
}

/** A full store may still read and may still renew a lease in place, so each sort has a fault of its own. */
type Sort = 'read' | 'write' | 'lease'
