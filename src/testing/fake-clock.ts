import { type Clock, nextTurn, seededRandom, sortableId, type Timer } from '../clock.ts'

/**
 * A clock that stands still until `advance` moves it. The same seed gives the same random numbers and ids.
 */
export interface FakeClock extends Clock {
  /** The number of scheduled timers that neither ran nor were cancelled. */
  readonly pendingTimers: number
  /**
   * Moves time on by `ms`. Runs the timers that become due, in the order of their times, each at its own
   * time. Promises settle before the first timer and after each timer. So a timer may schedule another one
   * that also becomes due. Rejects with the error of a timer. `advance(0)` lets promises settle and runs the
   * timers that are due now.
   */
  advance(ms: number): Promise<void>
}

export interface FakeClockOptions {
  /** Wall time at the start, in milliseconds since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly startMs?: number
  /** The seed of `random` and `id`. Default 1. */
  readonly seed?: number
}

interface Entry {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

/** `monotonic` starts at 0, so that a test fails when code mixes it up with `now`. */
export function createFakeClock(options: FakeClockOptions = {}): FakeClock {
  const startMs = options.startMs ?? Date.UTC(2026, 0, 1)
  const random = seededRandom(options.seed ?? 1)
  /** Ascending by time, then by order of scheduling. */
  const timers: Entry[] = []
  let elapsedMs = 0
  let scheduled = 0

  const schedule = (delayMs: number, run: () => void): Timer => {
    scheduled += 1
    const entry: Entry = { dueMs: elapsedMs + Math.max(0, delayMs), order: scheduled, run }
    timers.splice(placeOf(timers, entry), 0, entry)
    return {
      cancel() {
        const place = placeOf(timers, entry)
        if (timers[place] === entry) timers.splice(place, 1)
      },
    }
  }

  const advance = async (ms: number): Promise<void> => {
    if (!(ms >= 0)) throw new TypeError(`ms is ${ms}: a fake clock only advances by a number of at least 0`)
    const untilMs = elapsedMs + ms
    await nextTurn()
    for (let next = timers[0]; next !== undefined && next.dueMs <= untilMs; next = timers[0]) {
      timers.shift()
      elapsedMs = Math.max(elapsedMs, next.dueMs)
      next.run()
      await nextTurn()
    }
    elapsedMs = Math.max(elapsedMs, untilMs)
  }

  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    schedule,
    random,
    id: () => sortableId(startMs + elapsedMs, random),
    advance,
    get pendingTimers() {
      return timers.length
    },
  }
}

/** The position of `entry` in the ordered list, or the position where it belongs. */
function placeOf(timers: readonly Entry[], entry: Entry): number {
  let low = 0
  let high = timers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = timers[middle]
    if (other !== undefined && (other.dueMs - entry.dueMs || other.order - entry.order) < 0) low = middle + 1
    else high = middle
  }
  return low
}
