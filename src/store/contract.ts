/**
 * What is declared and what is known of it, with compare-and-set, leases and an outbox of events.
 *
 * Every write is atomic: the object, its version and its events are committed together or not at all. Versions are
 * opaque, compared for equality only, and never used again under the same key. What a store gives out is the caller's
 * to read, not to change. Values are JSON: they come back as `JSON.parse(JSON.stringify(value))` would give them.
 *
 * Errors, and which comes first when several apply: `store-unavailable`, `store-corrupt`, `fence-stale` (a newer lease
 * was granted since), `not-found`, `conflict` (the version was not the expected one), `store-full`. A call that throws
 * has written nothing, except that after `store-unavailable` nobody knows: the answer may have been lost, so read again.
 * After `close` every call is `store-unavailable`. A call that has to wait gives up by itself with the same code.
 */

import type { Actor, Key } from '../resources/metadata.ts'
import type { Resource } from '../resources/resource.ts'
import type { AuditEntry } from '../security/contract.ts'

export type Kind = Resource['kind']

export interface StoredObject {
  readonly kind: Kind
  readonly key: Key
  /** Tells re-creations under the same key apart. */
  readonly uid: string
  /** 1 at first, raised by the store whenever `spec` changes, and by nothing else. */
  readonly generation: number
  /** Opaque; changes at every write. */
  readonly version: string
  readonly resource: Resource
  /** JSON that the loop wrote last; absent before. */
  readonly status?: unknown
  /** Who wrote this generation: kept when only labels or annotations change. */
  readonly actor: Actor
  readonly createdAtMs: number
  /** Set by `delete` while finalizers remain. */
  readonly deletion?: { readonly atMs: number; readonly actor: Actor }
  readonly finalizers: readonly string[]
}

export interface Lease {
  readonly name: string
  readonly holder: string
  /** Greater than that of any earlier grant of this name. */
  readonly fence: number
  /** By the store's clock, milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/** A write under a lease: refused with `fence-stale` once a newer fence of that name was granted, or if none ever was. */
export interface Fence {
  readonly lease: string
  readonly fence: number
}

/** An event that was committed with its object and waits to be read. */
export interface OutboxEvent {
  /** Ascending in commit order when compared as text; opaque otherwise. Never used again, also once acknowledged. */
  readonly position: string
  readonly entry: AuditEntry
}

export type StoreChange =
  | { readonly type: 'changed'; readonly kind: Kind; readonly key: Key }
  | { readonly type: 'resync' }

export interface PutSpecOptions {
  readonly actor: Actor
  /** The version that must stand now, also when nothing would change; `absent` for none; left out for whatever is there. */
  readonly expect?: string | 'absent'
  /** Kept from the first write on; given again they are not changed. */
  readonly finalizers?: readonly string[]
  readonly nowMs: number
  /** Used when the key is new. */
  readonly uid: string
  /**
   * Made for the object as it will be stored; a throw leaves everything as it was. Pure, because a store may call it
   * again when somebody else was quicker. Not called, and nothing written, when the resource is the same: equal as
   * JSON, whatever the order of its members.
   */
  readonly events: (next: StoredObject) => readonly AuditEntry[]
}

export interface PutStatusOptions {
  readonly expect: string
  readonly fence?: Fence
  readonly events: readonly AuditEntry[]
  /** Replaces the finalizers. An object marked for deletion whose last one goes is removed by this write. */
  readonly finalizers?: readonly string[]
}

export interface DeleteOptions {
  readonly actor: Actor
  readonly expect?: string
  readonly nowMs: number
  /** Made for the object with its deletion mark, whether it stays marked or goes at once. Not called when nothing changes. */
  readonly events: (stored: StoredObject) => readonly AuditEntry[]
}

export interface StoreCapabilities {
  /** Whether what was written survives the process. */
  readonly durable: boolean
  /** Whether other processes can open it at the same time. */
  readonly shared: boolean
  /**
   * When an older fence is refused. `granted`: as soon as a newer one was granted. `seen`: once a newer one has written
   * the same object, because the lease cannot be joined to the write.
   */
  readonly fencing: 'granted' | 'seen'
}

export interface StateStore {
  readonly capabilities: StoreCapabilities
  get(kind: Kind, key: Key): Promise<StoredObject | null>
  /**
   * Writes the declared resource. Another `spec` raises `generation`; other labels or annotations only the version.
   * A resource marked for deletion is `conflict`.
   */
  putSpec(resource: Resource, options: PutSpecOptions): Promise<StoredObject>
  /** Replaces the status, and the finalizers if given. Throws `not-found` when the object is gone. Returns null when this write removed it. */
  putStatus(kind: Kind, key: Key, status: unknown, options: PutStatusOptions): Promise<StoredObject | null>
  /** Marks for deletion while finalizers remain, else removes. Marking twice changes nothing. Returns null when removed or not there. */
  delete(kind: Kind, key: Key, options: DeleteOptions): Promise<StoredObject | null>
  /** By key, ascending. A snapshot or not, but every object that exists throughout is seen once. */
  list(kind: Kind): AsyncIterable<StoredObject>
  /** Changes by anyone, coalesced at will; starts with `resync`. Ends when aborted or when the store is closed. */
  watch(abortSignal: AbortSignal): AsyncIterable<StoreChange>
  /** The oldest events not yet acknowledged, in commit order. */
  readEvents(limit: number): Promise<readonly OutboxEvent[]>
  /** Forgets all events up to and including `position`. */
  acknowledgeEvents(position: string, fence?: Fence): Promise<void>
  /** Grants when the lease is free, expired by the store's clock, or already this holder's (which raises the fence too). */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  /** Extends; null when it was lost: expired, released or granted anew. Never raises the fence. */
  renewLease(lease: Lease, ttlMs: number): Promise<Lease | null>
  /** Frees it at once; a lost lease is ignored. */
  releaseLease(lease: Lease): Promise<void>
  close(): Promise<void>
}
