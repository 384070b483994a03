import { ModelspineError } from '../errors.ts'
import type { Fence, Lease } from './contract.ts'

/*
 * A store has one counter, from which every grant of any name takes its fence. It keeps the last grant of
 * each name for ever, also one that expired or was released; a released grant has the expiry 0. These
 * functions return the next record to store. Null means: leave the record and the counter unchanged.
 */

/** Throws a TypeError when `ttlMs` is not a positive number. */
export function grantLease(
  last: Lease | null,
  wanted: {
    readonly name: string
    readonly holder: string
    readonly ttlMs: number
    /** The identity of the store. */
    readonly store: string
    /** The newest fence that the store has granted, of whatever name. 0 before the first grant. */
    readonly newestFence: number
  },
  nowMs: number,
): Lease | null {
  const { name, holder, ttlMs, store, newestFence } = wanted
  const expiresAtMs = expiry(ttlMs, nowMs)
  if (last !== null && last.holder !== holder && last.expiresAtMs > nowMs) return null
  return Object.freeze({ name, holder, fence: newestFence + 1, expiresAtMs, store })
}

/** Throws a TypeError when `ttlMs` is not a positive number. */
export function extendLease(last: Lease | null, lease: Lease, ttlMs: number, nowMs: number): Lease | null {
  const expiresAtMs = expiry(ttlMs, nowMs)
  if (last === null || !isSameGrant(last, lease) || last.expiresAtMs <= nowMs) return null
  return Object.freeze({ ...last, expiresAtMs })
}

export function freeLease(last: Lease | null, lease: Lease): Lease | null {
  if (last === null || !isSameGrant(last, lease)) return null
  return Object.freeze({ ...last, expiresAtMs: 0 })
}

/** Throws `fence-stale` unless `fence` is the newest of its lease. */
export function checkFence(last: Lease | null, fence: Fence): void {
  const granted = last?.fence ?? 0
  if (fence.fence === granted) return
  throw new ModelspineError(
    'fence-stale',
    `fence ${fence.fence} of the lease "${fence.lease}" is no longer valid, because the valid fence is ${granted}: stop, and acquire the lease again`,
    { details: { lease: fence.lease, fence: fence.fence, granted } },
  )
}

function isSameGrant(last: Lease, lease: Lease): boolean {
  return last.fence === lease.fence && last.holder === lease.holder
}

function expiry(ttlMs: number, nowMs: number): number {
  if (Number.isFinite(ttlMs) && ttlMs > 0) return nowMs + ttlMs
  throw new TypeError(`ttlMs is ${ttlMs}: give a positive number of milliseconds`)
}
