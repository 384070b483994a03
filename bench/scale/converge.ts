import { nextTurn } from '../../src/clock.ts'
import { serve } from '../child.ts'
import { openFleet, type StoreName } from './fleet.ts'

export interface ConvergeQuestion {
  readonly stored: StoreName
  readonly count: number
  readonly concurrency?: number
}

export interface ConvergeAnswer {
  /** From the first `apply` until all rollouts have completed: CPU of the whole process, for each deployment. */
  readonly microsEach: number
  readonly bytesEach: number
  readonly seconds: number
}

/** So many deployments come first, so that loading and compiling code is not counted. */
const warmUp = 200

/** Declares a fleet with a route for each deployment and waits until all of it has converged. */
serve('', async (message): Promise<ConvergeAnswer> => {
  const { stored, count, concurrency } = message as ConvergeQuestion
  await converge(stored, warmUp, concurrency)
  return converge(stored, count, concurrency)
})

async function converge(
  stored: StoreName,
  count: number,
  concurrency: number | undefined,
): Promise<ConvergeAnswer> {
  const fleet = openFleet({ stored, ...(concurrency !== undefined && { concurrency }) })
  await fleet.plane.start()
  const bytesBefore = await heap()
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  const all = fleet.completed(count)
  await fleet.declare(count, 1, true)
  await all
  const { user, system } = process.cpuUsage(cpuBefore)
  const seconds = (performance.now() - startedMs) / 1000
  const bytesEach = ((await heap()) - bytesBefore) / count
  await fleet.end()
  return { microsEach: (user + system) / count, bytesEach, seconds }
}

async function heap(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await nextTurn()
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}
