/**
 * Secrets, and the trail of every change.
 *
 * A secret is resolved when it is used and is never kept in a resource, a status, an error or a log. The audit log is
 * a hash chain with one writer at a time: `append` is atomic for the whole batch and idempotent by entry id over at
 * least the last 10,000 records, because the plane reads events from the store, appends them and only then acknowledges.
 */

import type { Actor, Key } from '../resources/metadata.ts'

/** Prints as `[secret]` everywhere: string conversion, JSON, inspection. */
export interface Secret {
  reveal(): string
}

/**
 * `resolve` takes a reference without its scheme's meaning: `env:TOKEN` goes to the store registered as `env` as
 * `TOKEN`. An unknown name throws `secret-not-found`, a store that cannot be reached `secret-unavailable`, a signal
 * that fired `aborted`. Called whenever the secret is used, so that a rotated value is seen; a store that caches says
 * for how long.
 */
export interface SecretStore {
  resolve(name: string, options?: { readonly abortSignal?: AbortSignal }): Promise<Secret>
  /** Lets go of connections; the plane calls it when it stops. */
  close?(): Promise<void>
}

/** What happened, before it has a place in the chain. */
export interface AuditEntry {
  /** Unique; the same id is appended once. */
  readonly id: string
  /** Milliseconds since the epoch, when it happened. */
  readonly atMs: number
  readonly actor: Actor
  /** Noun-verb: `deployment-applied`, `rollout-promoted`, `revision-created` … */
  readonly action: string
  readonly kind: string
  readonly key: Key
  readonly uid: string
  readonly generation: number
  /** JSON values only; never a secret. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface AuditRecord extends AuditEntry {
  /** 1 for the first, no gaps. */
  readonly sequence: number
  /** SHA-256, hex, of the record before; 64 zeros for the first. */
  readonly previousHash: string
  /** How many records of the same `append` follow; left out on the last. A chain that ends before them was cut. */
  readonly remaining?: number
  /** SHA-256, hex, of the canonical JSON of this record without `hash`. */
  readonly hash: string
}

/** The end of a chain. Kept elsewhere, it shows whether records were cut off at the end since. */
export interface AuditHead {
  /** How many records there were. */
  readonly records: number
  /** `hash` of the last one, 64 zeros for none. */
  readonly head: string
}

export type AuditVerdict =
  | ({ readonly ok: true } & AuditHead)
  /** The first record that is not what was written, and how that shows; `records` before it are whole. */
  | { readonly ok: false; readonly records: number; readonly sequence: number; readonly reason: string }

export interface AuditCapabilities {
  /** Whether what was appended survives the process. */
  readonly durable: boolean
}

export interface AuditLog {
  readonly capabilities: AuditCapabilities
  /**
   * Durable when it resolves, all entries or none. Answers with one record per entry, in their order; for an id that
   * is there already, with the record that stands. Throws `audit-unavailable` (retried; also after `close`) or
   * `audit-broken` (the chain cannot be continued), and `TypeError` for entries that are not JSON.
   */
  append(entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]>
  /** In order, from `fromSequence` (default 1). */
  read(options?: {
    readonly fromSequence?: number
    readonly abortSignal?: AbortSignal
  }): AsyncIterable<AuditRecord>
  /**
   * Reads everything and checks every record. What was cut off at the very end shows only against an `anchor`: the
   * verdict of an earlier `verify`, kept where whoever can write the log cannot.
   */
  verify(options?: { readonly anchor?: AuditHead; readonly abortSignal?: AbortSignal }): Promise<AuditVerdict>
  close?(): Promise<void>
}
