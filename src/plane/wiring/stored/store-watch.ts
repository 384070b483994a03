import { type Clock, nextTurn, sleep } from '../../../clock.ts'
import { messageOf } from '../../../errors.ts'
import type { TypedStore } from '../../../store/typed-store.ts'
import type { Logger } from '../../../telemetry/logger.ts'
import type { CommitListeners } from './commit-listeners.ts'
import { createPendingChanges, mostAtOnce } from './pending-changes.ts'
import { createStoreReading, type OwnWrite, type StoredName } from './store-reading.ts'
import { createWatchdog, type Watchdog } from './watchdog.ts'

export interface StoreWatchOptions {
  readonly store: TypedStore
  readonly listeners: CommitListeners
  readonly clock: Clock
  readonly logger: Logger
  /** A watch that tells nothing for so many milliseconds may have died. */
  readonly idleMs: number
}

/** The plane's one watch of its store. Reads what has changed, and tells the listeners. */
export interface StoreWatch {
  /** Reads everything once. */
  load(): Promise<void>
  /**
   * Brings one object up to date now, without waiting for the watch. Does nothing before the first `load`.
   */
  refresh(name: StoredName): Promise<void>
  /** This process has written an object. When the watch tells of it, it need not be read. */
  wrote(write: OwnWrite): void
  /** Follows the store until aborted. Never rejects. */
  follow(abortSignal: AbortSignal): Promise<void>
}

const retryMs = 1000

/** After so many milliseconds, everything is read although the new watch has not begun. */
const beginMs = 2000

/** A watch that tells some changes and loses others is found out after so many milliseconds. */
const readAllEveryMs = 600_000

/**
 * A watch may die without a word. So a watch that tells nothing for `idleMs`, although something may have been
 * written, is ended. Another one begins, and everything is read, also when the new one does not begin either.
 */
export function createStoreWatch(options: StoreWatchOptions): StoreWatch {
  const { store, listeners, clock, logger, idleMs } = options
  const reading = createStoreReading(store, listeners)
  let loaded = false

  const readAll = async (watchdog: Watchdog, afterSilence: boolean): Promise<void> => {
    await watchdog.readingAll()
    const changes = await reading.all()
    if (!afterSilence || changes === 0) return
    logger.warn(
      { changes, idleMs },
      'the watch of the store told nothing although the store has changed; everything was read again',
    )
  }
  /** Follows one watch until it ends, fails or is silent. Tells whether it was silent. */
  const followOne = async (abortSignal: AbortSignal, afterSilence: boolean): Promise<boolean> => {
    const over = new AbortController()
    const end = (): void => over.abort()
    const pending = createPendingChanges()
    const resync = (): void => pending.post({ type: 'resync' })
    let isSilent = false
    const watchdog = createWatchdog({
      store,
      clock,
      idleMs,
      silent() {
        isSilent = true
        end()
      },
    })
    const begin = clock.schedule(beginMs, resync)
    const readAgain = clock.schedule(readAllEveryMs, resync)
    const hear = async (): Promise<void> => {
      for await (const change of store.watch(over.signal)) {
        begin.cancel()
        watchdog.heard()
        pending.post(change)
      }
    }
    abortSignal.addEventListener('abort', end, { once: true })
    const heard = hear().finally(pending.close)
    // It may fail while what it told before is being read.
    heard.catch(() => {})
    try {
      let isFirst = true
      let readInTurn = 0
      for (let names = await pending.take(); names !== undefined; names = await pending.take()) {
        if (abortSignal.aborted) break
        if (names === 'all') await readAll(watchdog, afterSilence && isFirst)
        else await reading.some(names)
        isFirst = false
        // A flood of changes must not keep other work from its turn, whether they come together or one by one.
        readInTurn += names === 'all' ? 0 : names.length
        if (readInTurn < mostAtOnce) continue
        readInTurn = 0
        await nextTurn()
      }
      await heard
    } finally {
      watchdog.stop()
      begin.cancel()
      readAgain.cancel()
      abortSignal.removeEventListener('abort', end)
      end()
    }
    return isSilent
  }
  return {
    async load() {
      await reading.all()
      loaded = true
      listeners.loaded()
    },
    async refresh({ kind, key }) {
      if (loaded) await reading.some([{ kind, key }])
    },
    wrote: reading.wrote,
    async follow(abortSignal) {
      let isSilent = false
      while (!abortSignal.aborted) {
        try {
          isSilent = await followOne(abortSignal, isSilent)
        } catch (error) {
          if (abortSignal.aborted) return
          isSilent = false
          logger.warn(
            { error: messageOf(error) },
            `watching the store failed; the watch begins again in ${retryMs} ms`,
          )
        }
        if (!abortSignal.aborted && !isSilent) await sleep(clock, retryMs, abortSignal).catch(() => {})
      }
    },
  }
}
