import { ModelspineError } from '../errors.ts'
import type { Key } from '../resources/metadata.ts'
import type { ApplyOptions } from './contract.ts'

/** What a target that checks fences remembers of a key. */
export interface FenceRecord {
  /** The newest fence. */
  readonly fence: number
  /** The store that granted it. Absent while no call has named a store. */
  readonly store?: string
}

/**
 * Compares the fence of a call with the record of its key. Returns the record to remember. Throws
 * `fence-stale` for an older fence and `fence-foreign` for the fence of another store.
 *
 * Fences alone are compared as long as the call or the record names no store. With `takeOver`, every fence is
 * accepted.
 */
export function acceptFence(
  key: Key,
  known: FenceRecord | undefined,
  { fence, store = known?.store, takeOver }: Pick<ApplyOptions, 'fence' | 'store' | 'takeOver'>,
): FenceRecord {
  if (known !== undefined && takeOver !== true) {
    if (known.store !== undefined && store !== known.store) {
      throw new ModelspineError(
        'fence-foreign',
        `fence ${fence} for ${key} is from store ${store}, but the target last obeyed store ${known.store} with fence ${known.fence}: call plane.takeOver(${JSON.stringify(key)}, { actor }) when the other store is gone for good`,
        { details: { store, known: known.store } },
      )
    }
    if (fence < known.fence) {
      throw new ModelspineError(
        'fence-stale',
        `fence ${fence} for ${key} is older than the newest fence ${known.fence}: another process leads; when the store is new or was restored from a copy, call plane.takeOver(${JSON.stringify(key)}, { actor })`,
      )
    }
  }
  return store === undefined ? { fence } : { fence, store }
}
