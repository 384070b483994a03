import { durationMs } from '../../../../src/resources/duration.ts'
import type { Interruption } from './interruption.ts'
import type { World } from './world.ts'

/**
 * Lets time pass for as long as anything happens. Each look takes its interruption from the list. Returns
 * false when the world never comes to rest.
 */
export async function comesToRest(
  world: World,
  interruptions: (Interruption | undefined)[] = [],
  rounds = 800,
): Promise<boolean> {
  const { witness } = world
  const longestMs = Math.max(durationMs(world.spec.deadline), 3_600_000)
  let quiet = 0
  let waitMs = 5_000
  for (let round = 0; round < rounds; round += 1) {
    const { writes, sent } = witness
    const afterMs = await world.look(interruptions.shift())
    if (world.isGone) return true
    const nextMs = world.nextChangeMs() ?? Number.POSITIVE_INFINITY
    if (witness.writes !== writes || witness.sent !== sent || afterMs === 0) {
      quiet = 0
      waitMs = 5_000
      await world.pass(Math.max(1, Math.min(afterMs ?? 5_000, nextMs)))
    } else if (nextMs < Number.POSITIVE_INFINITY) {
      await world.pass(Math.min(afterMs !== null && afterMs > longestPollMs ? afterMs : nextMs, nextMs))
    } else if (afterMs !== null && afterMs > longestPollMs) {
      await world.pass(afterMs)
    } else if (afterMs !== null && waitMs < longestMs) {
      // Only a deadline, or nothing, ends this wait.
      await world.pass(waitMs)
      waitMs *= 2
    } else {
      quiet += 1
      if (quiet === 3) return true
      await world.pass(longestMs)
    }
  }
  return false
}

/** The loop asks a target no more seldom while it waits for it. A longer time is a timer. */
const longestPollMs = 11_000
