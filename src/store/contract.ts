/**
 * Keeps declared resources and their status, with compare-and-set, leases and an outbox of events.
 *
 * Every write is atomic: the store commits the object, its version and its events together, or not at all.
 * Versions are opaque. Callers compare them only for equality. A version is never used again under the same
 * key. Callers may read the objects that a store returns, but must not change them. Values are JSON: they
 * come back as `JSON.parse(JSON.stringify(value))` would give them.
 *
 * Errors, in the order of precedence when several apply: `store-unavailable`, `store-corrupt`, `fence-stale`
 * (a newer lease was granted since), `not-found`, `conflict` (the version was not the expected one),
 * `store-full`. A call that throws has written nothing. The exception is `store-unavailable`: the answer of a
 * write may have been lost, so the caller must read again. After `close` every call throws
 * `store-unavailable`. A call that waits too long gives up by itself with the same code.
 *
 * An object that cannot be read hinders only itself. `get` and `putStatus` of it throw `store-corrupt` with
 * `kind` and `key` in the details. For `putSpec` it counts as absent: the write creates a new object, and the
 * old status is lost. `delete` marks what can be read of it, or removes it when that is too little; `events`
 * then gets what can be read, perhaps with an empty spec.
 */

import type { Actor, Key } from '../resources/metadata.ts'
import type { Resource, Resources } from '../resources/resource.ts'
import type { AuditEntry, AuditHead } from '../security/contract.ts'

export type Kind = Resource['kind']

/** What a store keeps of a resource. A store takes the status for JSON and nothing more. */
export interface StoredObject<K extends Kind = Kind, Status = unknown> {
  readonly kind: K
  readonly key: Key
  /** Differs between an object and a later one that was created under the same key. */
  readonly uid: string
  /** Begins at 1. The store raises it when `spec` changes, and only then. */
  readonly generation: number
  /** Opaque; changes at every write. */
  readonly version: string
  readonly resource: Resources[K]
  /** The JSON that the loop wrote last. Absent until the first write. */
  readonly status?: Status
  /** The author of this generation. Stays the same when only labels or annotations change. */
  readonly actor: Actor
  readonly createdAtMs: number
  /** Set by `delete` while finalizers remain. */
  readonly deletion?: { readonly atMs: number; readonly actor: Actor }
  readonly finalizers: readonly string[]
}

/** An object that is about to be written. */
export type UncommittedObject = Omit<StoredObject, 'version'>

export interface Lease {
  readonly name: string
  readonly holder: string
  /** Greater than that of any earlier grant of this store, of whatever name. */
  readonly fence: number
  /**
   * The identity of the store, which it got when it was made and never changes. A copy of a store has the
   * identity of its original. Fences of different stores cannot be compared.
   */
  readonly store: string
  /** By the store's clock, milliseconds since the epoch. */
  readonly expiresAtMs: number
}

/**
 * Makes a write depend on a lease. The store refuses it with `fence-stale` once a newer fence of that name
 * was granted, and also when no fence of that name was ever granted.
 */
export interface Fence {
  readonly lease: string
  readonly fence: number
}

/** An event that was committed, mostly with its object, and waits to be read. */
export interface OutboxEvent {
  /** Names the event in this store. Opaque. Never used again, not even after it was acknowledged. */
  readonly id: string
  readonly entry: AuditEntry
}

/**
 * One of several parts of the outbox, for readers that work at the same time. All events of one key are in one
 * shard; `shardOf` says in which.
 */
export interface Shard {
  /** From 0 to `of - 1`. */
  readonly index: number
  readonly of: number
}

export interface ListOptions {
  /** Only keys after this one. */
  readonly after?: Key
  /** At most so many. A positive whole number. */
  readonly limit?: number
}

/** An object that the store holds and cannot read. */
export interface StoreFault {
  readonly kind: Kind
  readonly key: Key
  readonly message: string
}

export type StoreChange =
  | {
      readonly type: 'changed'
      readonly kind: Kind
      readonly key: Key
      /**
       * The version that the object has by this change, where the store knows it without a read. Whoever has this
       * version need not read. Changes that name versions of one object come in the order of their commits. When
       * changes are merged, this is what the last of them says: absent when that one names none.
       */
      readonly version?: string
    }
  | { readonly type: 'resync' }

export interface PutSpecOptions {
  readonly actor: Actor
  /**
   * The version that must be stored now, even when this write would change nothing. `absent`: no object may
   * be there. Without `expect` the write accepts any version.
   */
  readonly expect?: string | 'absent'
  /** Taken from the write that creates the object. Later writes do not change them. */
  readonly finalizers?: readonly string[]
  readonly nowMs: number
  /** Used only when the key is new. */
  readonly uid: string
  /**
   * Makes the events for the object as it will be stored; its version comes only with the commit. When it
   * throws, nothing is written. It must be pure, because a store may call it again when another writer was
   * quicker. When the resource is the same, the store writes nothing and does not call it. "The same" means
   * equal as JSON; the order of members does not matter.
   */
  readonly events: (next: UncommittedObject) => readonly AuditEntry[]
}

export interface PutStatusOptions {
  readonly expect: string
  readonly fence?: Fence
  readonly events: readonly AuditEntry[]
  /**
   * Replaces the finalizers. If the object is marked for deletion and none are left, this write removes the
   * object.
   */
  readonly finalizers?: readonly string[]
  /**
   * The write makes something safe, such as a rollback. It may use the room that the store keeps free for such
   * writes, so that a full outbox does not stop it. A write that ends a deletion is not urgent: it makes
   * nothing safer, and many of them would use up the room.
   */
  readonly urgent?: boolean
}

export interface DeleteOptions {
  readonly actor: Actor
  readonly expect?: string
  readonly nowMs: number
  /**
   * Makes the events for the object with its deletion mark, whether the object stays or is removed at once.
   * Not called when nothing changes.
   */
  readonly events: (stored: UncommittedObject) => readonly AuditEntry[]
}

/** What one process measured, for other processes that share the store. */
export interface Measurement {
  /** The process that measured. A process has another name at every start. */
  readonly writer: string
  /** Ascends by one from a writer's first measurement, which has 1. */
  readonly sequence: number
  /** Opaque for the store, at most 131,072 characters. */
  readonly body: string
}

export interface MeasurementPage {
  /** The measurements of each writer in the order of their sequence. */
  readonly measurements: readonly Measurement[]
  /** Opaque. The next read goes on from here. */
  readonly cursor: string
}

/**
 * Passes measurements on between processes. A measurement is small and lives a minute or two. Losing one
 * changes no declared state, so a store need not make it durable, and keeps it apart from its objects: no
 * watch and no version tells of it.
 *
 * The store removes a measurement when its life is over by the store's clock, and keeps the newest 2,048 of
 * all writers. Nobody else removes one: those of a process that died live on.
 *
 * A reader that goes on from its cursor gets every measurement that was put since, at least once, also when
 * several writers put at the same time. So a position that is given out before its commit is no cursor: a
 * reader could pass it while the commit is still under way. A store with such positions uses the sequence of
 * each writer, which a writer puts one after the other.
 */
export interface Measurements {
  /**
   * Adds a measurement. The same writer and sequence again changes nothing. Throws `store-full`, and
   * `invalid-options` for a body that is too long.
   */
  put(measurement: Measurement, lifeMs: number): Promise<void>
  /** The oldest measurements after the cursor, or of all that live; at most `limit`. */
  read(cursor: string | undefined, limit: number): Promise<MeasurementPage>
}

export interface StoreCapabilities {
  /** Whether written data survives the process. */
  readonly durable: boolean
  /** Whether other processes can open it at the same time. */
  readonly shared: boolean
  /**
   * When the store refuses an older fence. `granted`: as soon as a newer fence was granted. `seen`: once a
   * newer fence has written the same object, because the store cannot join the lease to the write.
   */
  readonly fencing: 'granted' | 'seen'
}

export interface StateStore {
  readonly capabilities: StoreCapabilities
  get(kind: Kind, key: Key): Promise<StoredObject | null>
  /**
   * Writes the declared resource. A changed `spec` raises `generation`. Changed labels or annotations change
   * only the version. Throws `conflict` for a resource that is marked for deletion.
   */
  putSpec(resource: Resource, options: PutSpecOptions): Promise<StoredObject>
  /**
   * Replaces the status, and the finalizers if given. Throws `not-found` when the object is gone. Returns
   * null when this write removed the object.
   */
  putStatus(kind: Kind, key: Key, status: unknown, options: PutStatusOptions): Promise<StoredObject | null>
  /**
   * Marks the object for deletion while finalizers remain; removes it when there are none. Marking twice
   * changes nothing. Returns null when the object was removed or was not there.
   */
  delete(kind: Kind, key: Key, options: DeleteOptions): Promise<StoredObject | null>
  /**
   * Commits events of a key and writes no object: for what was done about something that no object declares. It
   * does not matter whether an object is there. Watches are told of the key, because whoever carries events on
   * hears of them so.
   */
  putEvents(kind: Kind, key: Key, events: readonly AuditEntry[], fence?: Fence): Promise<void>
  /**
   * By key, ascending. It need not be a snapshot. But an object that exists during the whole listing is
   * listed exactly once. Leaves out an object that cannot be read, which `faults` then names. So an object that
   * is not listed is not surely gone: only `get` says that. However many there are, the event loop gets its
   * turns meanwhile.
   */
  list(kind: Kind, options?: ListOptions): AsyncIterable<StoredObject>
  /**
   * The keys alone, like `list` in order and in turns. Cheap, because nothing of the objects is read. So it also
   * names objects that cannot be read.
   */
  keys(kind: Kind, options?: ListOptions): AsyncIterable<Key>
  /**
   * Changes by all writers. The store may merge them. Starts with `resync`. Ends when aborted or when the
   * store is closed.
   */
  watch(abortSignal: AbortSignal): AsyncIterable<StoreChange>
  /**
   * Opaque, and compared only for equality. Another one after each write that changes an object, removes one or
   * commits events, by whatever writer, and the same one while there is no such write; leases and acknowledged
   * events do not count. It must be cheap. With marks, a quiet watch is known to have missed nothing. Without them, everything
   * is read again after each silence.
   */
  mark?(): Promise<string>
  /**
   * Events not yet acknowledged, of all keys or of one shard. Those of one key come in the order of their
   * commits, and none is left out before a later one of its key.
   */
  readEvents(limit: number, shard?: Shard): Promise<readonly OutboxEvent[]>
  /**
   * Forgets the events with these ids. Ignores ids that it has forgotten already. Keeps `head`, if given, in the
   * same commit: where the audit log ends that has the events.
   */
  acknowledgeEvents(ids: readonly string[], fence?: Fence, head?: AuditHead): Promise<void>
  /** The head that was kept last; null before the first one. It shows when the audit log has lost its end. */
  auditHead(): Promise<AuditHead | null>
  /**
   * Grants the lease when it is free, when it has expired by the store's clock, or when this holder already
   * has it. Each grant raises the fence. Returns null when another holder has the lease.
   */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  /**
   * Extends the lease and never raises the fence. Returns null when the lease was lost: it expired, was
   * released or was granted again.
   */
  renewLease(lease: Lease, ttlMs: number): Promise<Lease | null>
  /** Frees the lease at once. Ignores a lease that was already lost. */
  releaseLease(lease: Lease): Promise<void>
  /**
   * The objects that could not be read at the last look; empty when there are none. It reads nothing. Needed
   * when the store can hold an object that it cannot read.
   */
  faults?(): readonly StoreFault[]
  /**
   * For a store that several routing processes share: so the one that leads can judge what all of them
   * measured. Without it, each process judges by its own numbers alone.
   */
  readonly measurements?: Measurements
  close(): Promise<void>
}
