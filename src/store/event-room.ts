import { ModelspineError } from '../errors.ts'

/** The events of a write, and how many wait already. */
export interface EventRoom {
  readonly waiting: number
  readonly added: number
  /** How many events may wait. */
  readonly maxEvents: number
  /** Whether the write may use the reserve. */
  readonly urgent: boolean
}

/** How much a store keeps free for urgent writes, on top of a limit: a tenth of it, and at least 16. */
export function urgentReserve(limit: number): number {
  return Math.max(16, Math.ceil(limit / 10))
}

/** Throws `store-full` when the events of a write have no room. A write without events needs none. */
export function checkEventRoom({ waiting, added, maxEvents, urgent }: EventRoom): void {
  const limit = maxEvents + (urgent ? urgentReserve(maxEvents) : 0)
  if (added === 0 || waiting + added <= limit) return
  throw new ModelspineError(
    'store-full',
    `${waiting} events wait to be acknowledged, and maxEvents is ${maxEvents}: find out why the audit log does not accept events`,
    { details: { waiting, maxEvents } },
  )
}
