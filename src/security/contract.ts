/**
 * Secrets, and the audit log of every change.
 *
 * A secret is resolved when it is used. No resource, status, error or log ever keeps it. The audit log is a
 * hash chain with one writer at a time. `append` is atomic for the whole batch. It is idempotent by entry id
 * over at least the last 10,000 records, because the plane reads events from the store, appends them, and
 * only then acknowledges them.
 */

import type { Actor, Key } from '../resources/metadata.ts'

/** Prints as `[secret]` everywhere: string conversion, JSON, inspection. */
export interface Secret {
  reveal(): string
}

/**
 * `resolve` takes the part of a reference after the store's name: `env:TOKEN` goes to the store registered as
 * `env`, with the name `TOKEN`. It throws `secret-not-found` for an unknown name, `secret-unavailable` when
 * the store cannot be reached, and `aborted` when `abortSignal` has fired. It is called whenever the secret
 * is used, so that the caller sees a rotated value. A store that caches must document for how long.
 */
export interface SecretStore {
  resolve(name: string, options?: { readonly abortSignal?: AbortSignal }): Promise<Secret>
  /** Closes connections. The plane calls it when it stops. */
  close?(): Promise<void>
}

/** An event, before it has a place in the chain. */
export interface AuditEntry {
  /** Unique. The log appends the same id once. */
  readonly id: string
  /** The time of the event, in milliseconds since the epoch. */
  readonly atMs: number
  readonly actor: Actor
  /** Noun-verb: `deployment-applied`, `rollout-promoted`, `revision-created` … */
  readonly action: string
  readonly kind: string
  readonly key: Key
  readonly uid: string
  readonly generation: number
  /** JSON values only, and never a secret. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface AuditRecord extends AuditEntry {
  /** 1 for the first record, without gaps. */
  readonly sequence: number
  /** SHA-256, hex, of the record before. 64 zeros for the first record. */
  readonly previousHash: string
  /**
   * How many records of the same `append` follow. Absent on the last one. A chain that ends before them was
   * cut.
   */
  readonly remaining?: number
  /**
   * 2: the canonical JSON is RFC 8785. Absent in records that version 0.1 wrote. There, names that are whole
   * numbers may stand before the others.
   */
  readonly version?: number
  /** SHA-256, hex, of the canonical JSON of this record without `hash`. */
  readonly hash: string
}

/** The end of a chain. Kept in another place, it shows whether records were cut off at the end since then. */
export interface AuditHead {
  readonly records: number
  /** `hash` of the last record. 64 zeros when there is no record. */
  readonly head: string
}

export type AuditVerdict =
  | ({ readonly ok: true } & AuditHead)
  /**
   * The first record that differs from what was written, and the reason. `records` records before it are
   * good.
   */
  | { readonly ok: false; readonly records: number; readonly sequence: number; readonly reason: string }

export interface AuditCapabilities {
  /** Whether appended records survive the process. */
  readonly durable: boolean
}

export interface AuditLog {
  readonly capabilities: AuditCapabilities
  /**
   * Appends all entries or none, and is durable when it resolves. Answers with one record for each entry, in
   * the order of the entries. For an id that the log already holds, the answer is the existing record. Throws
   * `audit-unavailable` (retried; also after `close`) or `audit-broken` (the chain cannot be continued).
   * Throws `TypeError` for entries that it will never take: not JSON, or longer than it can keep.
   */
  append(entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]>
  /** Records in order, from `fromSequence` (default 1). */
  read(options?: {
    readonly fromSequence?: number
    readonly abortSignal?: AbortSignal
  }): AsyncIterable<AuditRecord>
  /**
   * Reads and checks every record. When records were cut off at the very end, this shows only against an
   * `anchor`. An anchor is the verdict of an earlier `verify`, kept in a place that the writers of the log
   * cannot change.
   */
  verify(options?: { readonly anchor?: AuditHead; readonly abortSignal?: AbortSignal }): Promise<AuditVerdict>
  close?(): Promise<void>
}
