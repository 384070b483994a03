import { type Clock, ModelspineError, systemClock, type Timer } from 'modelspine/adapter'

/**
 * How fast a vendor takes requests, as the calls of one client learn it from those that the vendor turned away as too
 * many. Nothing is held back before the first of these. After it, requests go one by one, at a distance that grows with
 * each that is turned away and shrinks with each that is taken.
 *
 * A call of a contract makes several requests, all with its own `abortSignal`. They go in the order in which the calls
 * came, so that a call that has begun comes to its end, in place of many that all run out of time halfway. Where the line
 * is too long for a new call, that call is told at once how long to wait, and costs the vendor nothing.
 */
export interface VendorPace {
  /** Undefined when a request may go now. Otherwise waits for its turn. Rejects when aborted, and with a LongLine. */
  turn(abortSignal: AbortSignal | undefined): Promise<void> | undefined
  turnedAway(): void
  taken(): void
}

/** Too many requests wait already. */
export class LongLine extends Error {
  readonly waitMs: number

  constructor(waitMs: number) {
    super(`the line takes ${waitMs} ms`)
    this.waitMs = waitMs
  }
}

const [firstMs, longestMs, shortestMs] = [250, 5000, 20]
/** After a request that was taken, and after one that was turned away too. */
const grows = { afterTaken: 1.3, again: 2 }
/** In balance, one request of ten is turned away: 1.3 is about 0.97 to the power of -9. */
const shrinks = { slowly: 0.97, fast: 0.8 }
/** So many requests are taken in a row only when the vendor takes more than before. */
const manyInARow = 20
/** A call has about ten seconds, of which it needs some for its own requests, and those before it for theirs. */
const longestLineMs = 3000
/** About so many requests a call makes. */
const requestsEach = 3

interface Waiting {
  readonly order: number
  /** Whether the call has asked for nothing before, so that nothing is lost when it comes again later. */
  readonly isFirst: boolean
  go(): void
  leave(error: Error): void
}

export function createVendorPace(clock: Clock = systemClock): VendorPace {
  let distanceMs = 0
  let lastMs = Number.NEGATIVE_INFINITY
  let grownAtMs = Number.NEGATIVE_INFINITY
  let takenInARow = 0
  let calls = 0
  let timer: Timer | undefined
  /** When each call came. */
  const orders = new WeakMap<AbortSignal, number>()
  const line: Waiting[] = []

  function serve(): void {
    timer?.cancel()
    timer = undefined
    while (line.length > 0) {
      const leftMs = lastMs + distanceMs - clock.monotonic()
      if (leftMs > 0) {
        timer = clock.schedule(leftMs, serve, true)
        return
      }
      lastMs = clock.monotonic()
      line.shift()?.go()
    }
  }

  /** Gives a new call its place behind all others. */
  function orderOf(call: AbortSignal | undefined): number {
    const known = call && orders.get(call)
    if (known !== undefined) return known
    calls += 1
    if (call !== undefined) orders.set(call, calls)
    return calls
  }

  function wait(call: AbortSignal | undefined, isFirst: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => waiting.leave(aborted(call?.reason))
      const waiting: Waiting = {
        order: orderOf(call),
        isFirst,
        go() {
          call?.removeEventListener('abort', giveUp)
          resolve()
        },
        leave(error) {
          line.splice(line.indexOf(waiting), 1)
          call?.removeEventListener('abort', giveUp)
          reject(error)
        },
      }
      call?.addEventListener('abort', giveUp, { once: true })
      const behind = line.findIndex(({ order }) => order > waiting.order)
      line.splice(behind === -1 ? line.length : behind, 0, waiting)
      serve()
    })
  }

  const waitMsBehind = (waiting: number): number => Math.round(waiting * requestsEach * distanceMs)

  /** Sends home the calls for which the line has become too long. */
  function shorten(): void {
    for (let last = line.at(-1); last?.isFirst; last = line.at(-1)) {
      const waitMs = waitMsBehind(line.length - 1)
      if (waitMs <= longestLineMs) return
      last.leave(new LongLine(waitMs))
    }
  }

  return {
    turn(call) {
      if (distanceMs === 0) {
        orderOf(call)
        return undefined
      }
      if (call?.aborted) return Promise.reject(aborted(call.reason))
      const isFirst = call === undefined || !orders.has(call)
      const waitMs = waitMsBehind(line.length)
      if (isFirst && waitMs > longestLineMs) return Promise.reject(new LongLine(waitMs))
      return wait(call, isFirst)
    },
    turnedAway() {
      lastMs = clock.monotonic()
      // Requests that were under way together tell one thing.
      if (lastMs - grownAtMs >= distanceMs) {
        const factor = takenInARow === 0 ? grows.again : grows.afterTaken
        distanceMs = distanceMs === 0 ? firstMs : Math.min(longestMs, distanceMs * factor)
        grownAtMs = lastMs
        shorten()
      }
      takenInARow = 0
    },
    taken() {
      if (distanceMs === 0) return
      takenInARow += 1
      distanceMs *= takenInARow > manyInARow ? shrinks.fast : shrinks.slowly
      if (distanceMs < shortestMs) distanceMs = 0
      serve()
    },
  }
}

function aborted(cause: unknown): ModelspineError {
  return new ModelspineError('aborted', 'the wait for a vendor that takes no more requests was aborted', {
    cause,
  })
}
