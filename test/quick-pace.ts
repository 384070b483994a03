import { type Clock, systemClock } from 'modelspine/adapter'
import { createVendorPace as createPace, type VendorPace } from '../adapters/shared/vendor-pace.ts'

export { LongLine } from '../adapters/shared/vendor-pace.ts'

/** Ten times as fast as the machine's. */
const quickClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 10,
  schedule: (delayMs, run, keepAlive) => systemClock.schedule(delayMs / 10, run, keepAlive),
}

/**
 * What the client of a vendor gets for its pace in `npm test`: it learns and keeps the same distances in a tenth of the time.
 * The pace's own test has a clock that it moves.
 */
export function createVendorPace(): VendorPace {
  return createPace(quickClock)
}
