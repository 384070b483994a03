import { type Clock, nextTurn, type Timer } from '../../../clock.ts'
import { type Linked, ReadyLine } from '../../../reconcile/ready-line.ts'

/** The end of one wait. */
export interface Deadline {
  /** Ends the wait: what waited is answered. */
  met(): void
}

/**
 * Calls that wait for an answer. All waits of one length share one timer, because they end in the order in
 * which they began. So a call that is answered soon costs no timer of its own.
 */
export interface Deadlines {
  /**
   * Calls `late` once after `limitMs`, unless the deadline was met before. `closed` says that the wait ends
   * early, because nobody waits any more.
   */
  begin(limitMs: number, late: (closed: boolean) => void): Deadline
  /** Ends every wait at once, and each later one within a turn. No timer is left or armed. */
  close(): void
}

export function createDeadlines(clock: Clock): Deadlines {
  /** By length. The lengths are options of the plane. */
  const lines = new Map<number, Line>()
  let closed = false
  return {
    begin(limitMs, late) {
      if (closed) return untilNextTurn(late)
      let line = lines.get(limitMs)
      if (line === undefined) {
        line = new Line(clock, limitMs)
        lines.set(limitMs, line)
      }
      return line.begin(late)
    },
    close() {
      closed = true
      for (const line of lines.values()) line.close()
    },
  }
}

function untilNextTurn(late: (closed: boolean) => void): Deadline {
  let waiting = true
  void nextTurn().then(() => {
    if (waiting) late(true)
  })
  return {
    met() {
      waiting = false
    },
  }
}

class Wait implements Deadline, Linked<Wait> {
  readonly line: Line
  readonly dueMs: number
  readonly late: (closed: boolean) => void
  before: Wait | undefined
  after: Wait | undefined
  waiting = true

  constructor(line: Line, dueMs: number, late: (closed: boolean) => void) {
    this.line = line
    this.dueMs = dueMs
    this.late = late
  }

  met(): void {
    if (this.waiting) this.line.remove(this)
  }
}

/** A timer may run this much too early: Node counts whole milliseconds. */
const earlyMs = 1

/** The waits of one length, the oldest first. */
class Line {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #waits = new ReadyLine<Wait>()
  #timer: Timer | undefined

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
  }

  begin(late: (closed: boolean) => void): Wait {
    const wait = new Wait(this, this.#clock.monotonic() + this.#limitMs, late)
    this.#waits.push(wait)
    this.#timer ??= this.#clock.schedule(this.#limitMs, this.#ring)
    return wait
  }

  remove(wait: Wait): void {
    this.#waits.remove(wait)
    wait.waiting = false
  }

  close(): void {
    this.#timer?.cancel()
    for (let wait = this.#waits.first; wait !== undefined; wait = this.#waits.first) {
      this.remove(wait)
      wait.late(true)
    }
  }

  /** The timer stays armed when its wait has ended, and is then moved on to the oldest wait that is left. */
  readonly #ring = (): void => {
    this.#timer = undefined
    const nowMs = this.#clock.monotonic()
    const untilMs = nowMs + earlyMs
    let next = this.#waits.first
    for (; next !== undefined && next.dueMs <= untilMs; next = this.#waits.first) {
      this.remove(next)
      next.late(false)
    }
    if (next !== undefined) this.#timer ??= this.#clock.schedule(next.dueMs - nowMs, this.#ring)
  }
}
