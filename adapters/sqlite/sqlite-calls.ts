import type { AuditHead, Fence, Key, Kind } from 'modelspine/adapter'
import type { EventRow, LeaseRow, MeasurementRow, ObjectRow } from './row-types.ts'

/** What is known of the leases when a grant is decided. */
export interface LeaseState {
  readonly lease: LeaseRow | null
  /** The newest fence of all names. */
  readonly fence: number
  readonly identity: string
}

/** Why a write was not made. Nothing of it was written. */
export type Refusal =
  | { readonly type: 'stale'; readonly lease: LeaseRow | null }
  | { readonly type: 'full'; readonly waiting: number }

/** The object is not as the caller has seen it. Or, for a status, it cannot be read. */
export type Changed = { readonly type: 'changed'; readonly row: ObjectRow | null }

export interface EventWrite {
  readonly kind: Kind
  readonly key: Key
  /** Each is the JSON of an entry. */
  readonly events: readonly string[]
  /** How many events may wait after this write. */
  readonly mostEvents: number
  /** The write may use the pages that are kept free. */
  readonly urgent: boolean
}

/**
 * Everything that the store asks of its worker. Only plain data goes there and back. So the worker decides nothing
 * that is not written here: it compares, and then writes what it was given.
 */
export interface Reads {
  readonly object: {
    readonly ask: { readonly kind: Kind; readonly key: Key }
    readonly answer: ObjectRow | null
  }
  readonly page: {
    readonly ask: { readonly kind: Kind; readonly after: string; readonly limit: number }
    readonly answer: readonly ObjectRow[]
  }
  readonly keys: {
    readonly ask: { readonly kind: Kind; readonly after: string; readonly limit: number }
    readonly answer: readonly Key[]
  }
  readonly events: {
    /** The oldest, or those at these positions. */
    readonly ask: { readonly limit: number } | { readonly positions: readonly number[] }
    readonly answer: { readonly identity: string; readonly rows: readonly EventRow[] }
  }
  readonly eventKeys: {
    readonly ask: { readonly after: number; readonly limit: number }
    readonly answer: readonly { readonly position: number; readonly key: Key }[]
  }
  readonly measurements: {
    readonly ask: { readonly after: number; readonly nowMs: number; readonly limit: number }
    readonly answer: readonly MeasurementRow[]
  }
  readonly auditHead: {
    readonly ask: Readonly<Record<string, never>>
    readonly answer: AuditHead | null
  }
  /** The newest version of all objects. */
  readonly mark: { readonly ask: Readonly<Record<string, never>>; readonly answer: number }
  readonly lease: { readonly ask: { readonly name: string }; readonly answer: LeaseState }
  readonly changes: {
    readonly ask: { readonly last: SeenChanges | undefined }
    readonly answer: {
      readonly seen: SeenChanges
      readonly changes: 'all' | readonly { kind: Kind; key: Key }[]
    }
  }
}

/** How far a watch has seen the file. */
export interface SeenChanges {
  /** Differs between two openings of the file. */
  readonly opened: number
  readonly dataVersion: number
  /** The newest version that was reported. */
  readonly version: number
}

export interface Writes {
  /** Writes the row over the version that the caller has seen, or removes it. Null: no row was there. */
  readonly put: {
    readonly ask: EventWrite & {
      readonly seen: number | null
      readonly row: Omit<ObjectRow, 'version'> | null
    }
    readonly answer: Refusal | Changed | { readonly type: 'written'; readonly version: number }
  }
  readonly status: {
    readonly ask: EventWrite & {
      readonly expect: string
      readonly status: string | null
      readonly finalizers: string | null
      readonly fence: Fence | undefined
    }
    readonly answer: Refusal | Changed | { readonly type: 'written' | 'removed'; readonly row: ObjectRow }
  }
  /** Writes events alone. */
  readonly record: {
    readonly ask: EventWrite & { readonly fence: Fence | undefined }
    readonly answer: Refusal | { readonly type: 'written' }
  }
  readonly forget: {
    readonly ask: {
      readonly ids: readonly string[]
      readonly fence: Fence | undefined
      readonly head: AuditHead | undefined
      readonly urgent: true
    }
    readonly answer: Extract<Refusal, { type: 'stale' }> | { readonly type: 'written' }
  }
  /** Writes the lease over the state that the caller has seen. */
  readonly grant: {
    readonly ask: { readonly seen: LeaseState; readonly next: LeaseRow; readonly urgent: true }
    readonly answer: { readonly type: 'written' } | { readonly type: 'changed'; readonly state: LeaseState }
  }
  /** Writes the expiry if the grant still stands at that time. One question, so that a renewal is quick. */
  readonly renew: {
    readonly ask: {
      readonly name: string
      readonly holder: string
      readonly fence: number
      readonly nowMs: number
      readonly expiresAtMs: number
      readonly urgent: true
    }
    readonly answer: LeaseRow | null
  }
  readonly measure: {
    readonly ask: Omit<MeasurementRow, 'position'> & {
      readonly nowMs: number
      readonly expiresAtMs: number
      readonly most: number
      readonly urgent: false
    }
    readonly answer: null
  }
  readonly maxPages: { readonly ask: PageBounds & { readonly urgent: true }; readonly answer: undefined }
}

export type Calls = Reads & Writes

export type CallName = keyof Calls

/** One call on its way to the worker. */
export type Request = {
  [Name in CallName]: { readonly id: number; readonly name: Name; readonly ask: Calls[Name]['ask'] }
}[CallName]

export type WriteRequest = Extract<Request, { name: keyof Writes }>

/** How many pages the file may use, and how many more for urgent writes. */
export interface PageBounds {
  readonly pages: number
  readonly reserve: number
}

/** What went wrong in the worker, as plain data. */
export type SqliteFault =
  | { readonly type: 'sqlite'; readonly errcode: number; readonly message: string }
  | {
      readonly type: 'refused'
      readonly code: 'store-unavailable' | 'store-full' | 'invalid-options'
      readonly message: string
      readonly retryable: boolean | undefined
      readonly details: Readonly<Record<string, unknown>>
    }
  | { readonly type: 'other'; readonly message: string }

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly fault: SqliteFault }

export interface WorkerOptions {
  /** An absolute path. */
  readonly path: string
  readonly maxPages: PageBounds | undefined
  /** For the record of a migration. */
  readonly nowMs: number
}

/** Ends the worker after everything that was asked before. */
export const close = 'close'
