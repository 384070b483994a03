import { Agent } from 'node:http'
import type { Clock } from '../../src/clock.ts'
import { createGateway } from '../../src/gateway/index.ts'
import type { ModelProvider } from '../../src/provider/contract.ts'
import { defineRoute } from '../../src/resources/index.ts'
import { createRouter } from '../../src/routing/router.ts'
import { createRouteTableHolder } from '../../src/routing/table/table-holder.ts'
import { createFakeClock, type FakeClock } from '../../src/testing/fake-clock.ts'
import { type Bills, createBills, labPrices } from './bills.ts'
import { faultNames } from './faults.ts'
import { type Laboratory, openLaboratory } from './laboratory.ts'
import type { VendorWords } from './words.ts'

/** A vendor whose provider meets the faults. */
export interface FaultyVendor {
  readonly words: VendorWords
  readonly connect: (url: string, name: string) => ModelProvider
}

/** The limits of all routes. They differ, so that the time that a call took tells which of them cut it. */
export const limits = { attempt: '20s', firstOutput: '10s', idle: '5s' } as const

/**
 * A gateway between a caller and two upstreams of a vendor: one that misbehaves, and one that is well. Its clock stands
 * still, and moves on only while an upstream pauses. So a limit takes no time, and what a call took is exact.
 */
export interface FaultWorld {
  readonly url: string
  readonly clock: FakeClock
  /** How many timers of the clock have fired: after one, bytes may be under way. */
  readonly timersFired: number
  readonly agent: Agent
  readonly sick: Laboratory
  readonly well: Laboratory
  readonly bills: Bills
  close(): Promise<void>
}

/** The route to the model that has this fault. */
export function routeOf(fault: string, fallback: boolean): string {
  return fallback ? `${fault}-or-well` : fault
}

export async function openFaultWorld({ words, connect }: FaultyVendor): Promise<FaultWorld> {
  const clock = createFakeClock()
  let timersFired = 0
  const watched: Clock = {
    ...clock,
    schedule: (delayMs, run) =>
      clock.schedule(delayMs, () => {
        timersFired += 1
        run()
      }),
  }
  const [sick, well] = await Promise.all([openLaboratory(words, watched), openLaboratory(words, watched)])
  const providers = { sick: connect(sick.url, 'sick'), well: connect(well.url, 'well') }
  const table = createRouteTableHolder({ clock: watched })
  const routes = [false, true].flatMap((fallback) =>
    faultNames.map((fault) =>
      defineRoute({
        metadata: { name: routeOf(fault, fallback) },
        spec: {
          operations: providers.sick.capabilities.operations,
          backends: [{ provider: 'sick', model: fault }],
          fallback: fallback ? [{ provider: 'well', model: 'none' }] : [],
          timeouts: limits,
        },
      }),
    ),
  )
  table.load({ routes, deployments: [], providers, connect: {} })
  const bills = createBills()
  const router = createRouter({ table, clock: watched, prices: labPrices, observers: [bills] })
  const gateway = createGateway({ router })
  const listening = await gateway.listen({ port: 0 })
  const agent = new Agent({ keepAlive: true })
  return {
    url: listening.url,
    clock,
    get timersFired() {
      return timersFired
    },
    agent,
    sick,
    well,
    bills,
    async close() {
      agent.destroy()
      await listening.close({ drainMs: 0 })
      await table.close()
      await Promise.all([providers.sick.close?.(), providers.well.close?.(), sick.close(), well.close()])
    },
  }
}
