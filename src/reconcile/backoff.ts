import type { Clock } from '../clock.ts'

export interface BackoffOptions {
  readonly clock: Clock
  /** Default 5 ms, as in client-go. */
  readonly baseMs?: number
  /** Default 60 s, so that the end of a fault is noticed within a minute. */
  readonly capMs?: number
  /** The share of the longest wait that is waited at least, from 0 to 1. Default 0. */
  readonly least?: number
}

/**
 * For what asks a vendor: a vendor that is away is asked at most eight times in the first minute. With full jitter it
 * would be asked up to fourteen times.
 */
export const vendorPace: { readonly baseMs: number; readonly least: number } = { baseMs: 500, least: 0.5 }

/** Keeps a number for each key that fails, so its size is bounded by the declared keys. */
export interface Backoff<K extends string = string> {
  /** How long to wait after one more failure, in milliseconds. */
  next(key: K): number
  /** Failures since the last `forget`. */
  failures(key: K): number
  forget(key: K): void
}

/**
 * Jitter: a uniform random wait between `least` · ceiling and the ceiling, which is min(cap, base · 2ⁿ), where n counts
 * the earlier failures (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function createBackoff<K extends string = string>(options: BackoffOptions): Backoff<K> {
  const { clock, baseMs = 5, capMs = 60_000, least = 0 } = options
  if (!(baseMs > 0)) throw new TypeError(`baseMs is ${baseMs}: give more than 0 milliseconds`)
  if (!(least >= 0 && least <= 1)) throw new TypeError(`least is ${least}: give a share from 0 to 1`)
  if (!(capMs >= baseMs)) throw new TypeError(`capMs is ${capMs}: give at least baseMs, which is ${baseMs}`)
  const failures = new Map<K, number>()
  return {
    next(key) {
      const earlier = failures.get(key) ?? 0
      failures.set(key, earlier + 1)
      return (least + (1 - least) * clock.random()) * Math.min(capMs, baseMs * 2 ** earlier)
    },
    failures: (key) => failures.get(key) ?? 0,
    forget(key) {
      failures.delete(key)
    },
  }
}
