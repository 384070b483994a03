import { type Clock, nextTurn, seededRandom, sortableId, type Timer } from '../clock.ts'

/** A clock that stands still until it is told to move. Same seed, same random numbers and ids. */
export interface FakeClock extends Clock {
  /** Timers that are scheduled and neither ran nor were cancelled. */
  readonly pendingTimers: number
  /**
   * Moves time on by `ms` and runs the timers that fall due, in the order of their times, each at its own time.
   * Promises settle before the first timer and after each, so a timer may schedule another that also falls due.
   * Rejects with what a timer threw. `advance(0)` lets promises settle and runs what is due now.
   */
  advance(ms: number): Promise<void>
}

export interface FakeClockOptions {
  /** Wall time at the start, milliseconds since the epoch; 2026-01-01T00:00:00Z when left out. */
  readonly startMs?: number
  /** Of `random` and `id`; 1 when left out. */
  readonly seed?: number
}

interface Entry {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

/** `monotonic` starts at 0, so that mixing it up with `now` shows. */
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
    if (!(ms >= 0))
      throw new TypeError(`a fake clock cannot advance by ${ms} ms: give a number of at least 0`)
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

/** Where `entry` stands or would stand in the ordered list. */
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
