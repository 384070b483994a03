import type { StateStore } from '../../../store/contract.ts'
import { sweepEveryMs } from '../orphans.ts'
import { itemsInTime, itemsUntil } from './guarded-items.ts'
import type { GuardedPart } from './guarded-part.ts'
import { fieldsIn, type ShapeProblem, unlessText } from './shapes/shape.ts'
import {
  auditHeadProblem,
  eventsProblem,
  leaseProblem,
  markProblem,
  measurementPageProblem,
  storedOrGoneProblem,
  storedProblem,
} from './shapes/store-shapes.ts'

/**
 * A full store may still read and may still renew a lease in place, and may read one object while it cannot
 * list all. So each sort has a fault of its own.
 */
type Sort = 'read' | 'list' | 'mark' | 'write' | 'lease' | 'measurements'

/**
 * The same store, with a limit on its calls. After a write that gave no answer, the caller must read again,
 * because the write may have been done.
 */
export function guardStore(
  part: GuardedPart,
  store: StateStore,
  { storeMs }: { readonly storeMs: number },
): StateStore {
  const call = <Answer>(
    sort: Sort,
    verb: string,
    run: () => Promise<Answer>,
    wrong?: (answer: unknown) => ShapeProblem,
  ): Promise<Answer> =>
    part.call({
      sort,
      verb,
      limitMs: storeMs,
      run,
      ...(sort === 'list' && { everyMs: sweepEveryMs }),
      ...(wrong !== undefined && { wrong }),
    })
  const mark = store.mark?.bind(store)
  const { measurements } = store
  return {
    get capabilities() {
      return store.capabilities
    },
    get: (kind, key) => call('read', 'get', () => store.get(kind, key), storedOrGoneProblem),
    putSpec: (resource, options) =>
      call('write', 'putSpec', () => store.putSpec(resource, options), storedProblem),
    putStatus: (kind, key, status, options) =>
      call('write', 'putStatus', () => store.putStatus(kind, key, status, options), storedOrGoneProblem),
    delete: (kind, key, options) =>
      call('write', 'delete', () => store.delete(kind, key, options), storedOrGoneProblem),
    putEvents: (kind, key, events, fence) =>
      call('write', 'putEvents', () => store.putEvents(kind, key, events, fence)),
    list: (kind, options) =>
      itemsInTime(
        () => store.list(kind, options),
        (run) => call('list', 'list', run, itemProblem),
      ),
    keys: (kind, options) =>
      itemsInTime(
        () => store.keys(kind, options),
        (run) => call('list', 'keys', run, keyProblem),
      ),
    watch: (abortSignal) => itemsUntil((signal) => store.watch(signal), abortSignal),
    ...(mark !== undefined && { mark: () => call('mark', 'mark', mark, markProblem) }),
    readEvents: (limit, shard) =>
      call('read', 'readEvents', () => store.readEvents(limit, shard), eventsProblem),
    acknowledgeEvents: (ids, fence, head) =>
      call('write', 'acknowledgeEvents', () => store.acknowledgeEvents(ids, fence, head)),
    auditHead: () => call('read', 'auditHead', () => store.auditHead(), auditHeadProblem),
    acquireLease: (name, holder, ttlMs) =>
      call('lease', 'acquireLease', () => store.acquireLease(name, holder, ttlMs), leaseProblem),
    renewLease: (lease, ttlMs) =>
      call('lease', 'renewLease', () => store.renewLease(lease, ttlMs), leaseProblem),
    releaseLease: (lease) => call('lease', 'releaseLease', () => store.releaseLease(lease)),
    ...(store.faults !== undefined && { faults: () => store.faults?.() ?? [] }),
    ...(measurements !== undefined && {
      measurements: {
        put: (measurement, lifeMs) =>
          call('measurements', 'measurements.put', () => measurements.put(measurement, lifeMs)),
        read: (cursor, limit) =>
          call(
            'measurements',
            'measurements.read',
            () => measurements.read(cursor, limit),
            measurementPageProblem,
          ),
      },
    }),
    close: () => store.close(),
  }
}

function keyProblem(step: unknown): ShapeProblem {
  const fields = fieldsIn(step)
  return fields?.done === false ? unlessText('the key', fields.value) : undefined
}

function itemProblem(step: unknown): ShapeProblem {
  const fields = fieldsIn(step)
  return fields?.done === false ? storedProblem(fields.value) : undefined
}
