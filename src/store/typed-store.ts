import { isModelspineError, ModelspineError } from '../errors.ts'
import type { DeploymentStatus } from '../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../resources/deployment/model-deployment.ts'
import { presentStatus, statusVersion, versionOf } from '../resources/deployment/upcast/present-status.ts'
import type { Key } from '../resources/metadata.ts'
import type { Resource } from '../resources/resource.ts'
import type {
  DeleteOptions,
  Kind,
  ListOptions,
  PutSpecOptions,
  PutStatusOptions,
  StateStore,
  StoredObject,
  StoreFault,
} from './contract.ts'

/** The type of a kind's status. Routes have none. */
export type StatusOf<K extends Kind> = K extends 'ModelDeployment' ? DeploymentStatus : never

/** A stored object of a known kind. Its status has the present version. */
export type TypedObject<K extends Kind = Kind> = K extends Kind ? StoredObject<K, StatusOf<K>> : never

/**
 * A store whose objects have the types of their kinds. The core reads stored objects only through it, so a
 * status of an older version is brought to the present one at this one place. It is written in the present
 * version when the loop next has something to write.
 *
 * A status of a newer version than this process knows is never overwritten. `get` and the writes of such an
 * object throw `status-newer`, `list` leaves the object out, and `newer` names it.
 */
export interface TypedStore extends StateStore {
  get<K extends Kind>(kind: K, key: Key): Promise<TypedObject<K> | null>
  putSpec<R extends Resource>(resource: R, options: PutSpecOptions): Promise<TypedObject<R['kind']>>
  putStatus<K extends Kind>(
    kind: K,
    key: Key,
    status: StatusOf<K>,
    options: PutStatusOptions,
  ): Promise<TypedObject<K> | null>
  delete<K extends Kind>(kind: K, key: Key, options: DeleteOptions): Promise<TypedObject<K> | null>
  list<K extends Kind>(kind: K, options?: ListOptions): AsyncIterable<TypedObject<K>>
  /** The objects whose status has a newer version, as they were read last. */
  newer(): readonly StoreFault[]
}

export function typedStore(store: StateStore): TypedStore {
  /** By kind and key. What is gone or was written anew is forgotten when it is read again. */
  const newer = new Map<string, StoreFault>()

  /** Throws `status-newer`. */
  function present<K extends Kind>(stored: StoredObject): TypedObject<K> {
    const { kind, key, status } = stored
    const id = `${kind} ${key}`
    const found = kind === 'ModelDeployment' && status !== undefined ? versionOf(status) : statusVersion
    if (found > statusVersion) {
      const message = `${id} has a status of version ${found}, and this Modelspine knows version ${statusVersion} at most: run it with the newer Modelspine that wrote the status`
      newer.set(id, { kind, key, message })
      throw new ModelspineError('status-newer', message, {
        details: { kind, key, found, known: statusVersion },
      })
    }
    newer.delete(id)
    // The kind of a stored object says what its resource is, and every version of a status has its upcast.
    if (found === statusVersion) return stored as TypedObject<K>
    const resource = stored.resource as ModelDeployment
    return { ...stored, status: presentStatus(status, resource) } as TypedObject<K>
  }

  function presentOrGone<K extends Kind>(
    kind: K,
    key: Key,
    stored: StoredObject | null,
  ): TypedObject<K> | null {
    if (stored !== null) return present<K>(stored)
    newer.delete(`${kind} ${key}`)
    return null
  }

  return {
    ...store,
    get capabilities() {
      return store.capabilities
    },
    async get(kind, key) {
      return presentOrGone(kind, key, await store.get(kind, key))
    },
    async putSpec<R extends Resource>(resource: R, options: PutSpecOptions) {
      return present<R['kind']>(await store.putSpec(resource, options))
    },
    async putStatus(kind, key, status, options) {
      return presentOrGone(kind, key, await store.putStatus(kind, key, status, options))
    },
    async delete(kind, key, options) {
      return presentOrGone(kind, key, await store.delete(kind, key, options))
    },
    async *list<K extends Kind>(kind: K, options?: ListOptions) {
      for await (const stored of store.list(kind, options)) {
        let typed: TypedObject<K>
        try {
          typed = present<K>(stored)
        } catch (error) {
          if (!isModelspineError(error, 'status-newer')) throw error
          continue
        }
        yield typed
      }
    },
    newer: () => [...newer.values()],
  }
}
