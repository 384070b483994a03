import { ModelspineError } from '../errors.ts'
import { canonicalJson } from '../json.ts'
import { type Key, keyOf } from '../resources/metadata.ts'
import type { Resource } from '../resources/resource.ts'
import type { AuditEntry } from '../security/contract.ts'
import type { DeleteOptions, Kind, PutSpecOptions, PutStatusOptions, StoredObject } from './contract.ts'

/**
 * The write that a store has to commit at once. `nothing`: there is nothing to write. `removed`: the last
 * object.
 */
export type ObjectWrite =
  | { readonly type: 'nothing'; readonly stored: StoredObject | null }
  | { readonly type: 'put'; readonly stored: StoredObject; readonly events: readonly AuditEntry[] }
  | { readonly type: 'remove'; readonly removed: StoredObject; readonly events: readonly AuditEntry[] }

/** A write of a declaration never removes an object. */
export type SpecWrite =
  | Extract<ObjectWrite, { type: 'put' }>
  | { readonly type: 'nothing'; readonly stored: StoredObject }

/**
 * Decides what `putSpec` writes, given the stored object. `version` is the version of the result; `nothing`
 * does not use it up. Throws `conflict`, and any error that `options.events` throws.
 */
export function specWrite(
  current: StoredObject | null,
  resource: Resource,
  options: PutSpecOptions,
  version: string,
): SpecWrite {
  const { kind, metadata } = resource
  const key = keyOf(metadata)
  expectVersion(current, kind, key, options.expect)
  if (current === null) {
    const stored: StoredObject = {
      kind,
      key,
      uid: options.uid,
      generation: 1,
      version,
      resource: jsonCopy(resource),
      actor: jsonCopy(options.actor),
      createdAtMs: options.nowMs,
      finalizers: jsonCopy(options.finalizers ?? []),
    }
    return { type: 'put', stored, events: options.events(stored) }
  }
  if (current.deletion !== undefined) {
    throw new ModelspineError('conflict', `${kind} ${key} is being deleted: apply it again once it is gone`, {
      details: { kind, key, deletion: current.deletion },
    })
  }
  if (canonicalJson(resource) === canonicalJson(current.resource)) return { type: 'nothing', stored: current }
  const sameSpec = canonicalJson(resource.spec) === canonicalJson(current.resource.spec)
  const stored: StoredObject = {
    ...current,
    version,
    resource: jsonCopy(resource),
    ...(sameSpec ? {} : { generation: current.generation + 1, actor: jsonCopy(options.actor) }),
  }
  return { type: 'put', stored, events: options.events(stored) }
}

/** Decides what `putStatus` writes, given the stored object. Throws `not-found` and `conflict`. */
export function statusWrite(
  current: StoredObject | null,
  kind: Kind,
  key: Key,
  status: unknown,
  options: PutStatusOptions,
  version: string,
): ObjectWrite {
  if (current === null) {
    throw new ModelspineError('not-found', `${kind} ${key} is gone: its status cannot be written`, {
      details: { kind, key },
    })
  }
  expectVersion(current, kind, key, options.expect)
  const { status: _, ...rest } = current
  const stored: StoredObject = {
    ...rest,
    version,
    ...(status === undefined ? {} : { status: jsonCopy(status) }),
    ...(options.finalizers === undefined ? {} : { finalizers: jsonCopy(options.finalizers) }),
  }
  const { events } = options
  const gone = stored.deletion !== undefined && stored.finalizers.length === 0
  return gone ? { type: 'remove', removed: stored, events } : { type: 'put', stored, events }
}

/**
 * Decides what `delete` writes, given the stored object. Throws `conflict`, and any error of
 * `options.events`.
 */
export function deleteWrite(
  current: StoredObject | null,
  kind: Kind,
  key: Key,
  options: DeleteOptions,
  version: string,
): ObjectWrite {
  if (current === null) return { type: 'nothing', stored: null }
  expectVersion(current, kind, key, options.expect)
  if (current.deletion !== undefined) return { type: 'nothing', stored: current }
  const deletion = { atMs: options.nowMs, actor: jsonCopy(options.actor) }
  const stored: StoredObject = { ...current, version, deletion }
  const events = options.events(stored)
  return current.finalizers.length === 0
    ? { type: 'remove', removed: stored, events }
    : { type: 'put', stored, events }
}

function expectVersion(
  current: StoredObject | null,
  kind: Kind,
  key: Key,
  expected: string | undefined,
): void {
  const found = current?.version ?? 'absent'
  if (expected === undefined || expected === found) return
  const happened =
    current === null
      ? 'is not there'
      : expected === 'absent'
        ? 'exists already'
        : 'was changed by someone else'
  throw new ModelspineError('conflict', `${kind} ${key} ${happened}: read it again and decide anew`, {
    details: { kind, key, expected, found },
  })
}

/** A copy as every store returns it: plain JSON, which the caller's own object can no longer change. */
function jsonCopy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}
