import { type Clock, systemClock } from '../../../src/clock.ts'

/** A clock that goes faster than the machine's and knows how many of its timers are set. */
export interface CountedClock extends Clock {
  readonly timers: number
}

export function countedClock(speed: number): CountedClock {
  const startMs = systemClock.monotonic()
  let timers = 0
  return {
    ...systemClock,
    monotonic: () => startMs + (systemClock.monotonic() - startMs) * speed,
    schedule(delayMs, run, keepAlive) {
      timers += 1
      let isSet = true
      const over = (): void => {
        if (isSet) timers -= 1
        isSet = false
      }
      const timer = systemClock.schedule(
        delayMs / speed,
        () => {
          over()
          run()
        },
        keepAlive,
      )
      return {
        cancel() {
          over()
          timer.cancel()
        },
      }
    },
    get timers() {
      return timers
    },
  }
}
