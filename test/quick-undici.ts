import { createRequire } from 'node:module'

export * from 'undici'

type Start = (run: (what: unknown) => void, delayMs: number, what?: unknown) => unknown

interface UndiciTimers {
  setFastTimeout: Start
  clearFastTimeout: (timer: unknown) => void
  clearTimeout: (timer: unknown) => void
}

/** undici's own timers are as coarse. */
const coarseMs = 1000
/** Time for a server on a busy machine. */
const leastMs = 250

const timers: UndiciTimers = createRequire(import.meta.url)('undici/lib/util/timers.js')
const { setFastTimeout } = timers

/**
 * What `src/http` gets for undici in `npm test`. undici looks at its timers every half second, so a limit of milliseconds
 * takes a whole one. Here such a limit takes a quarter of a second. Longer ones stay as they are.
 */
timers.setFastTimeout = (run, delayMs, what) =>
  delayMs > coarseMs
    ? setFastTimeout(run, delayMs, what)
    : setTimeout(run, Math.max(delayMs, leastMs), what).unref()
timers.clearFastTimeout = timers.clearTimeout
