import type { Clock, Timer } from '../../../clock.ts'
import type { StateStore } from '../../../store/contract.ts'

export interface WatchdogOptions {
  readonly store: Pick<StateStore, 'mark'>
  readonly clock: Clock
  /** A watch that tells nothing for so many milliseconds may have died. */
  readonly idleMs: number
  /** Called once, when the watch may have missed something. */
  silent(): void
}

/** Suspects a watch that tells nothing. */
export interface Watchdog {
  /** The watch has told something. */
  heard(): void
  /** Everything is going to be read, so nothing that was written before can be missed. */
  readingAll(): Promise<void>
  stop(): void
}

/** A watch that looks for changes now and then may tell the newest ones so many milliseconds later. */
const lateMs = 1000

/**
 * After a silence it compares the store's mark with the mark at the last complete read. While they are the
 * same, nothing was written, and there was nothing to tell. A store without marks cannot say so.
 */
export function createWatchdog({ store, clock, idleMs, silent }: WatchdogOptions): Watchdog {
  let timer: Timer | undefined
  let lastMark: string | undefined
  let told = 0
  let stopped = false

  const markNow = async (): Promise<string | undefined> => store.mark?.().catch(() => undefined)
  const wait = (): void => {
    timer?.cancel()
    if (!stopped) timer = clock.schedule(idleMs, check)
  }
  const check = async (): Promise<void> => {
    const toldBefore = told
    const mark = await markNow()
    if (stopped || told !== toldBefore) return
    if (mark !== undefined && mark === lastMark) wait()
    else timer = clock.schedule(mark === undefined ? 0 : lateMs, silent)
  }
  wait()
  return {
    heard() {
      told += 1
      wait()
    },
    async readingAll() {
      lastMark = await markNow()
    },
    stop() {
      stopped = true
      timer?.cancel()
    },
  }
}
