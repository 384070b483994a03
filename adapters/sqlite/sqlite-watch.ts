import {
  type ChangeFeed,
  type Clock,
  isModelspineError,
  type Key,
  type Kind,
  type StoreChange,
  type Timer,
} from 'modelspine/adapter'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { Statements } from './sqlite-statements.ts'

export interface SqliteWatchOptions {
  readonly connection: SqliteConnection
  readonly feed: ChangeFeed
  readonly clock: Clock
  readonly pollMs: number
}

export interface SqliteWatch {
  watch(abortSignal: AbortSignal): AsyncIterable<StoreChange>
  /** No more polls. */
  stop(): void
}

/**
 * Looks for changes by other connections while there is at least one watcher. `PRAGMA data_version` changes
 * when another connection has committed. Only then the watch reads the objects that changed since the last
 * look.
 */
export function createSqliteWatch(options: SqliteWatchOptions): SqliteWatch {
  const { connection, feed, clock, pollMs } = options
  let watchers = 0
  let polling: { readonly started: Promise<void>; stop(): void } | undefined

  const startPolling = (): NonNullable<typeof polling> => {
    let stopped = false
    let timer: Timer | undefined
    const look = createLook(connection)
    const poll = async (): Promise<void> => {
      try {
        for (const change of await look()) feed.publish(change)
      } catch (error) {
        // No change is lost while the file cannot be read: the next good poll reports all changes since the
        // last one.
        if (!isModelspineError(error, 'store-unavailable')) feed.fail(error)
      }
      if (!stopped) timer = clock.schedule(pollMs, poll)
    }
    return {
      started: poll(),
      stop() {
        stopped = true
        timer?.cancel()
      },
    }
  }

  const stop = (): void => {
    polling?.stop()
    polling = undefined
  }

  return {
    async *watch(abortSignal) {
      if (abortSignal.aborted) return
      watchers += 1
      try {
        polling ??= startPolling()
        // Before the first `resync`, so that no change is missed between the reader's list and the first
        // poll.
        await polling.started
        yield* feed.watch(abortSignal)
      } finally {
        watchers -= 1
        if (watchers === 0) stop()
      }
    },
    stop,
  }
}

/** The changes by other connections since the last look. The first look gives `resync`. */
function createLook(connection: SqliteConnection): () => Promise<readonly StoreChange[]> {
  /** The newest version that was reported. Undefined until it could be read. */
  let seen: number | undefined
  let last: { readonly opened: object; readonly dataVersion: unknown } | undefined
  return () =>
    connection.read((sql, opened) => {
      const dataVersion = sql.dataVersion.get()?.data_version
      if (last?.opened === opened && last.dataVersion === dataVersion) return []
      const newest = Number(sql.version.get()?.value)
      const changes = changesSince(sql, seen, newest)
      last = { opened, dataVersion }
      seen = newest
      return changes
    })
}

function changesSince(sql: Statements, seen: number | undefined, newest: number): readonly StoreChange[] {
  const forgotten = Number(sql.forgotten.get()?.value)
  // The last condition holds when the file was replaced by an older one.
  if (seen === undefined || seen < forgotten || newest < seen) return [{ type: 'resync' }]
  const rows = sql.changes.all({ since: seen }) as { kind: Kind; key: Key }[]
  return rows.map(({ kind, key }) => ({ type: 'changed', kind, key }))
}
