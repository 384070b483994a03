import type { Key, Kind, StoredObject, StoreFault } from 'modelspine/adapter'
import type { FoundObject } from './sqlite-rows.ts'

/** Remembers the objects that could not be read at the last look. It has at most one entry for each row. */
export interface DamagedRows {
  readonly faults: readonly StoreFault[]
  /** Notes what a look at a row found, and gives the object. Throws `store-corrupt` when it cannot be read. */
  expectRead(kind: Kind, key: Key, found: FoundObject | null): StoredObject | null
  /** Notes what a look at a row found. Undefined for an object that cannot be read. */
  readable(found: FoundObject): StoredObject | undefined
  forget(kind: Kind, key: Key): void
  /** Forgets all objects of a kind but these. */
  keepOnly(kind: Kind, keys: ReadonlySet<Key>): void
}

export function createDamagedRows(): DamagedRows {
  const damaged = new Map<string, StoreFault>()
  const idOf = (kind: Kind, key: Key): string => `${kind} ${key}`

  const note = (kind: Kind, key: Key, found: FoundObject | null): void => {
    if (found?.type === 'unreadable') {
      damaged.set(idOf(kind, key), { kind, key, message: found.error.message })
    } else {
      damaged.delete(idOf(kind, key))
    }
  }

  return {
    get faults() {
      return [...damaged.values()]
    },
    expectRead(kind, key, found) {
      note(kind, key, found)
      if (found?.type === 'unreadable') throw found.error
      return found?.stored ?? null
    },
    readable(found) {
      const { kind, key } = found.stored
      note(kind, key, found)
      return found.type === 'read' ? found.stored : undefined
    },
    forget(kind, key) {
      damaged.delete(idOf(kind, key))
    },
    keepOnly(kind, keys) {
      for (const fault of damaged.values()) {
        if (fault.kind === kind && !keys.has(fault.key)) damaged.delete(idOf(kind, fault.key))
      }
    },
  }
}
