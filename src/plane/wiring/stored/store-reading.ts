import { nextTurn } from '../../../clock.ts'
import { isModelspineError } from '../../../errors.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { Kind } from '../../../store/contract.ts'
import { ifUnreadable } from '../../../store/if-unreadable.ts'
import type { TypedObject, TypedStore } from '../../../store/typed-store.ts'
import type { CommitListener } from './commit-listeners.ts'

/** Names an object. */
export interface StoredName {
  readonly kind: Kind
  readonly key: Key
}

/** An object that may have changed, and the version that it then has, if that was told. */
export interface ChangedName extends StoredName {
  readonly version?: string
}

/** A write of this process. */
export interface OwnWrite {
  /** The version that was stored before. */
  readonly over: string
  readonly stored: TypedObject
}

/** Reads the store and tells the listeners what is new. Never tells an older state after a newer one. */
export interface StoreReading {
  /**
   * Reads these objects, and tells them together. What this process wrote itself is told without a read, when
   * nobody else wrote in between.
   */
  some(names: readonly ChangedName[]): Promise<void>
  /** Keeps the write until the store tells of it. */
  wrote(write: OwnWrite): void
  /** Reads everything, and yields to other work again and again. Gives the number of changes. */
  all(): Promise<number>
}

/** Writes of this process in a row, each over the one before it. */
interface OwnWrites {
  /** The version before the first of them. */
  readonly over: string
  readonly versions: readonly string[]
  readonly newest: TypedObject
}

/** A list is read in such pieces. Between them, single objects are read and other work goes on. */
const pieceSize = 256

/** So many own writes are kept, for a store that does not tell of them. The oldest is forgotten first. */
const mostOwn = 4096

/** Of one object, so many writes in a row are remembered. After more of them it is read. */
const mostInRow = 64

export function createStoreReading(
  store: Pick<TypedStore, 'get' | 'list'>,
  listeners: Required<Pick<CommitListener, 'seen' | 'gone' | 'nothingNew' | 'settled'>>,
): StoreReading {
  /** The versions that were read last. Bounded by what is stored. */
  const known: Readonly<Record<Kind, Map<Key, string>>> = {
    ModelDeployment: new Map(),
    ModelRoute: new Map(),
  }
  /** The objects that were read one by one while a list was read. What the list says of them may be older. */
  let readMeanwhile: Set<string> | undefined
  /** The own writes of each object of which the store has not told yet. */
  const own = new Map<string, OwnWrites>()
  let last = Promise.resolve()

  /** One read at a time. Otherwise an earlier read could answer later and tell an older state. */
  const inTurn = <Answer>(read: () => Promise<Answer>): Promise<Answer> => {
    const answer = last.then(read)
    last = answer.then(nothing, nothing)
    return answer
  }
  const take = (stored: TypedObject): boolean => {
    const { kind, key, version } = stored
    if (known[kind].get(key) === version) return false
    known[kind].set(key, version)
    listeners.seen(stored)
    return true
  }
  const drop = ({ kind, key }: StoredName): void => {
    known[kind].delete(key)
    listeners.gone(kind, key)
  }
  /** The object, if its change was told and only this process has written since what was told last. */
  const ownOf = ({ kind, key, version }: ChangedName): TypedObject | undefined => {
    const writes = own.get(idOf(kind, key))
    if (version === undefined || writes?.versions.includes(version) !== true) return undefined
    own.delete(idOf(kind, key))
    return writes.over === known[kind].get(key) ? writes.newest : undefined
  }
  const readOne = async (name: ChangedName): Promise<boolean> => {
    const { kind, key, version } = name
    const mine = ownOf(name)
    if (version !== undefined && version === known[kind].get(key)) {
      listeners.nothingNew()
      return false
    }
    if (mine !== undefined) {
      readMeanwhile?.add(idOf(kind, key))
      return take(mine)
    }
    // An object that cannot be read stays as it was known.
    const stored = await store.get(kind, key).catch(ifNotForUs)
    readMeanwhile?.add(idOf(kind, key))
    if (stored === undefined) return false
    if (stored !== null) {
      const isNew = take(stored)
      if (!isNew) listeners.nothingNew()
      return isNew
    }
    drop({ kind, key })
    return true
  }
  const readEach = async (names: readonly ChangedName[]): Promise<number> => {
    let changes = 0
    for (const name of names) if (await readOne(name)) changes += 1
    listeners.settled()
    return changes
  }
  const readList = async (kind: Kind, newer: ReadonlySet<string>): Promise<number> => {
    const missing = new Set(known[kind].keys())
    const items = store.list(kind)[Symbol.asyncIterator]()
    let changes = 0
    const readPiece = async (): Promise<boolean> => {
      for (let count = 0; count < pieceSize; count += 1) {
        const item = await items.next()
        if (item.done === true) return true
        missing.delete(item.value.key)
        if (!newer.has(idOf(kind, item.value.key)) && take(item.value)) changes += 1
      }
      return false
    }
    try {
      while (!(await inTurn(readPiece).finally(listeners.settled))) await nextTurn()
    } finally {
      await items.return?.()
    }
    // A list leaves out what cannot be read, so only `get` says that an object is gone.
    const names = [...missing].map((key) => ({ kind, key }))
    for (let read = 0; read < names.length; read += pieceSize) {
      if (read > 0) await nextTurn()
      changes += await inTurn(() => readEach(names.slice(read, read + pieceSize)))
    }
    return changes
  }
  return {
    some: async (names) => void (await inTurn(() => readEach(names))),
    wrote({ over, stored }) {
      const { kind, key, version } = stored
      const id = idOf(kind, key)
      const earlier = own.get(id)
      const inRow =
        earlier?.newest.version === over &&
        earlier.versions.length < mostInRow &&
        known[kind].get(key) !== over
      own.delete(id)
      own.set(id, {
        over: inRow ? earlier.over : over,
        versions: inRow ? [...earlier.versions, version] : [version],
        newest: stored,
      })
      if (own.size > mostOwn) own.delete(own.keys().next().value as string)
    },
    async all() {
      const newer = new Set<string>()
      readMeanwhile = newer
      // Among what was missed may be events alone, and no list shows these.
      listeners.nothingNew()
      try {
        // Deployments first, so that each route finds its backends.
        return (await readList('ModelDeployment', newer)) + (await readList('ModelRoute', newer))
      } finally {
        readMeanwhile = undefined
      }
    },
  }
}

/** Also what a newer Modelspine wrote stays as this process last understood it. */
function ifNotForUs(error: unknown): undefined {
  return isModelspineError(error, 'status-newer') ? undefined : ifUnreadable(error)
}

function idOf(kind: Kind, key: Key): string {
  return `${kind} ${key}`
}

function nothing(): void {}
