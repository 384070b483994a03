import {
  type ChangeFeed,
  type Clock,
  isModelspineError,
  type StoreChange,
  type Timer,
} from 'modelspine/adapter'
import type { SeenChanges } from './sqlite-calls.ts'
import type { SqliteLink } from './sqlite-link.ts'

export interface SqliteWatchOptions {
  readonly link: SqliteLink
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
  const { link, feed, clock, pollMs } = options
  let watchers = 0
  let polling: { readonly started: Promise<void>; stop(): void } | undefined

  const startPolling = (): NonNullable<typeof polling> => {
    let stopped = false
    let timer: Timer | undefined
    const look = createLook(link)
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
function createLook(link: SqliteLink): () => Promise<readonly StoreChange[]> {
  let last: SeenChanges | undefined
  return async () => {
    const { seen, changes } = await link.ask('changes', { last })
    last = seen
    if (changes === 'all') return [{ type: 'resync' }]
    return changes.map(({ kind, key }) => ({ type: 'changed', kind, key }))
  }
}
