import { setTimeout as sleep } from 'node:timers/promises'
import { type DeploymentTarget, hostedTarget } from 'modelspine'
import { serve } from '../child.ts'
import { openFleet, type StoreName } from './fleet.ts'

export interface ChangeQuestion {
  readonly stored: StoreName
  readonly count: number
  readonly changes: number
}

export interface ChangeAnswer {
  /** From each `apply` to the target's first `apply` for that deployment, in milliseconds. */
  readonly waitsMs: readonly number[]
  /** How many deployments waited in the queue when the calls were made: the least. */
  readonly leastQueued: number
}

/** Deployments come due this soon after a look, so that nearly all of them wait in the queue all the time. */
const resyncMs = 10

/** Between two changes, so that each meets another moment of the resync. */
const pauseMs = 50

/** Lets a converged fleet resync without end, and measures how long single changes of people wait meanwhile. */
serve('', async (message): Promise<ChangeAnswer> => {
  const { stored, count, changes } = message as ChangeQuestion
  const called = new Map<string, () => void>()
  const vendor = hostedTarget()
  const target: DeploymentTarget = {
    ...vendor,
    apply(key, want, options) {
      called.get(key)?.()
      return vendor.apply(key, want, options)
    },
  }
  const fleet = openFleet({ stored, target, resyncMs: 3_600_000 })
  await fleet.plane.start()
  const all = fleet.completed(count)
  await fleet.declare(count, 1)
  await all
  await fleet.restart({ resyncMs, pace: { resyncsPerSecond: 1e9 } })
  while (fleet.plane.health().queued < count / 2) await sleep(pauseMs)
  const waitsMs: number[] = []
  let leastQueued = Infinity
  for (let change = 0; change < changes; change += 1) {
    const place = Math.floor((change * count) / changes)
    leastQueued = Math.min(leastQueued, fleet.plane.health().queued)
    const first = new Promise<number>((resolve) => {
      called.set(`default/d${place}`, () => resolve(performance.now()))
    })
    const askedMs = performance.now()
    await fleet.change(place, 2)
    waitsMs.push((await first) - askedMs)
    called.clear()
    await sleep(pauseMs)
  }
  await fleet.end()
  return { waitsMs, leastQueued }
})
