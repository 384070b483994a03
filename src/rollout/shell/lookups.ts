import type { Clock } from '../../clock.ts'
import { isModelspineError } from '../../errors.ts'
import { type Backoff, createBackoff, vendorPace } from '../../reconcile/backoff.ts'
import type { Key } from '../../resources/metadata.ts'

/**
 * The calls of registries that failed: look-ups, or aliases. A registry that asks to be left alone is left alone,
 * and nothing else waits for it. Keeps one entry for each declared deployment whose call failed.
 */
export interface Lookups {
  /** The failure that postpones the next call for the same; undefined when it may be made. */
  postponed(key: Key, from: string): PostponedLookup | undefined
  failed(key: Key, from: string, cause: unknown): PostponedLookup
  forget(key: Key): void
}

export interface PostponedLookup {
  readonly cause: unknown
  readonly notBeforeMs: number
}

/** A registry that fails is asked again soon at first, then two to four times a minute. */
const lookupTimes = { ...vendorPace, baseMs: 1000, capMs: 30_000 }
/** Nothing waits for an alias, and a refusal may last. */
export const aliasTimes: LookupTimes = { ...vendorPace, baseMs: 1000, capMs: 300_000 }

export interface LookupTimes {
  readonly baseMs: number
  readonly capMs: number
  readonly least?: number
}

export function createLookups(clock: Clock, times: LookupTimes = lookupTimes): Lookups {
  const known = new Map<Key, PostponedLookup & { readonly from: string }>()
  const backoff: Backoff<Key> = createBackoff<Key>({ clock, ...times })
  return {
    postponed(key, from) {
      const last = known.get(key)
      return last !== undefined && last.from === from && clock.now() < last.notBeforeMs ? last : undefined
    },
    failed(key, from, cause) {
      const calledMs = (isModelspineError(cause) && cause.retryAfterMs) || 0
      const postponed = {
        from,
        cause,
        notBeforeMs: clock.now() + Math.max(backoff.next(key), calledMs),
      }
      known.set(key, postponed)
      return postponed
    },
    forget(key) {
      known.delete(key)
      backoff.forget(key)
    },
  }
}
