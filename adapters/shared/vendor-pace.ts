import {
  type Clock,
  ModelspineError,
  sleep,
  systemClock,
  throwIfAborted,
  unlessAborted,
} from 'modelspine/adapter'

/**
 * How fast a vendor takes requests, as the calls of one client learn it from those that the vendor turned away as too
 * many. Nothing is held back before the first of these. After it, requests go one by one, at a distance that grows with
 * each that is turned away and shrinks with each that is taken.
 */
export interface VendorPace {
  /** Undefined when a request may go now. Otherwise waits for its turn. Rejects when aborted. */
  turn(abortSignal: AbortSignal | undefined): Promise<void> | undefined
  turnedAway(): void
  taken(): void
}

const [firstMs, longestMs, shortestMs] = [250, 10_000, 20]
/** In balance, one request of five is turned away: 1.6 is about 0.9 to the power of -4.5. */
const [grows, shrinks] = [1.6, 0.9]

export function createVendorPace(clock: Clock = systemClock): VendorPace {
  let distanceMs = 0
  let lastMs = Number.NEGATIVE_INFINITY
  let grownAtMs = Number.NEGATIVE_INFINITY
  let line: Promise<void> = Promise.resolve()

  async function wait(abortSignal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(abortSignal, 'the wait')
    // The turn before may have been turned away meanwhile, so the distance is asked for again.
    for (let leftMs = left(); leftMs > 0; leftMs = left()) await sleep(clock, leftMs, abortSignal)
    lastMs = clock.monotonic()
  }

  const left = (): number => lastMs + distanceMs - clock.monotonic()

  return {
    turn(abortSignal) {
      if (distanceMs === 0) return undefined
      const mine = line.then(() => wait(abortSignal))
      line = mine.catch(() => {})
      return unlessAborted(mine, abortSignal, aborted)
    },
    turnedAway() {
      lastMs = clock.monotonic()
      // Requests that were under way together tell one thing.
      if (lastMs - grownAtMs < distanceMs) return
      distanceMs = Math.min(longestMs, Math.max(firstMs, distanceMs * grows))
      grownAtMs = lastMs
    },
    taken() {
      distanceMs *= shrinks
      if (distanceMs < shortestMs) distanceMs = 0
    },
  }
}

function aborted(cause: unknown): ModelspineError {
  return new ModelspineError('aborted', 'the wait for a vendor that takes no more requests was aborted', {
    cause,
  })
}
