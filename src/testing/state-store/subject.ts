import assert from 'node:assert/strict'
import { nextTurn } from '../../clock.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Actor, Key } from '../../resources/metadata.ts'
import type { ModelRoute } from '../../resources/route/model-route.ts'
import type { AuditEntry } from '../../security/contract.ts'
import type { Kind, PutSpecOptions, StateStore, StoredObject } from '../../store/contract.ts'

/** The subject of the laws of StateStore: an empty store, and what its fixture can do to it. */
export interface StateStoreSubject {
  readonly store: StateStore
  /**
   * Moves the store's clock on, runs its timers and waits until the store has done what they began. When the
   * clock cannot be moved, it waits for that time.
   */
  advance(ms: number): Promise<void>
  /** Opens the same data again after the store was closed, as after a restart. Needed when `durable`. */
  reopen?(): Promise<StateStore>
  /** Opens a second handle on the same data, as another process would. Needed when `shared`. */
  another?(): Promise<StateStore>
  /** Opens another empty store, in which at most this many events may wait. For a store with such a limit. */
  limited?(maxEvents: number): Promise<StateStore>
  /** Makes a stored object unreadable, as a failing disk may. For a store that can find such an object. */
  damage?(kind: Kind, key: Key): Promise<void>
}

export const actor: Actor = { name: 'ada@example.com', roles: ['ml'] }

export const atMs = 1_760_000_000_000

export const kind = 'ModelDeployment'

/** A deployment in the namespace `default`. Another `model` gives it another spec. */
export function deployment(name: string, model = '1', labels: Record<string, string> = {}): ModelDeployment {
  return {
    apiVersion: 'modelspine.dev/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name, namespace: 'default', labels, annotations: {} },
    spec: {
      model: { registry: 'memory', name: 'churn', version: model },
      target: { name: 'prod', settings: {} },
      runtime: { env: {}, secrets: {}, resources: {} },
      scale: { min: 1, max: 4 },
      strategy: { rolling: { step: 25, every: '1m' } },
      analysis: [],
      policies: [],
      deadline: '30m',
      answerWithin: '7d',
    },
  }
}

export function route(name: string): ModelRoute {
  return {
    apiVersion: 'modelspine.dev/v1alpha1',
    kind: 'ModelRoute',
    metadata: { name, namespace: 'default', labels: {}, annotations: {} },
    spec: {
      operations: ['infer'],
      backends: [{ deployment: 'churn', weight: 1 }],
      fallback: [],
      timeout: '60s',
      onPolicyError: 'deny',
    },
  }
}

export function entry(id: string, details: AuditEntry['details'] = {}): AuditEntry {
  return {
    id,
    atMs,
    actor,
    action: 'deployment-applied',
    kind,
    key: 'default/churn',
    uid: 'uid-1',
    generation: 1,
    details,
  }
}

export function put(options: Partial<PutSpecOptions> = {}): PutSpecOptions {
  return { actor, nowMs: atMs, uid: 'uid-1', events: () => [], ...options }
}

/** Puts an object as the starting point of a law. */
export function created(
  store: StateStore,
  name = 'churn',
  options: Partial<PutSpecOptions> = {},
): Promise<StoredObject> {
  return store.putSpec(deployment(name), put(options))
}

export function key(name: string): Key {
  return `default/${name}`
}

/** The stored object, which must be there. */
export async function standing(store: StateStore, name = 'churn'): Promise<StoredObject> {
  const stored = await store.get(kind, key(name))
  assert.ok(stored !== null, `${kind} ${key(name)} should be there`)
  return stored
}

export async function waitingIds(store: StateStore, limit = 1000): Promise<readonly string[]> {
  return (await store.readEvents(limit)).map((event) => event.entry.id)
}

/**
 * Waits for a promise and moves the store's clock on meanwhile, so that a store which polls makes progress.
 */
export async function within<Value>(
  subject: StateStoreSubject,
  what: string,
  pending: Promise<Value>,
): Promise<Value> {
  let settled = false
  const mark = (): void => {
    settled = true
  }
  pending.then(mark, mark)
  for (let turn = 0; turn < 100; turn += 1) {
    await nextTurn()
    if (settled) return pending
    await subject.advance(100)
  }
  return assert.fail(`${what} did not happen within 10 s of the store's clock`)
}
