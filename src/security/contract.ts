/**
 * Secrets, and the trail of every change.
 *
 * A secret is resolved when it is used and is never kept in a resource, a status, an error or a log. The audit log is
 * a hash chain with one writer: `append` is atomic for the whole batch and idempotent by entry id over at least the
 * last 10,000 records, because the plane reads events from the store, appends them and only then acknowledges.
 */

import type { Actor, Key } from '../resources/metadata.ts'

/** Prints as `[secret]` everywhere: string conversion, JSON, inspection. */
export interface Secret {
  reveal(): string
}

/**
 * `resolve` takes a reference without its scheme's meaning: `env:TOKEN` goes to the store registered as `env` as
 * `TOKEN`. An unknown name throws `secret-not-found`, a store that cannot be reached `secret-unavailable`.
 */
export interface SecretStore {
  resolve(name: string, options?: { readonly abort?: AbortSignal }): Promise<Secret>
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
  /** SHA-256, hex, of the canonical JSON of this record without `hash`. */
  readonly hash: string
}

export type AuditVerdict =
  | { readonly ok: true; readonly records: number; readonly head: string }
  /** The first record that is not what was written, and how that shows. */
  | { readonly ok: false; readonly records: number; readonly sequence: number; readonly reason: string }

export interface AuditLog {
  /** Durable when it resolves. Throws `audit-unavailable` (retried) or `audit-broken` (the chain cannot be continued). */
  append(entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]>
  /** In order, from `fromSequence` (default 1). */
  read(options?: { readonly fromSequence?: number; readonly abort?: AbortSignal }): AsyncIterable<AuditRecord>
  verify(options?: { readonly abort?: AbortSignal }): Promise<AuditVerdict>
  close?(): Promise<void>
}
