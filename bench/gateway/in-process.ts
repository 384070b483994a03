import { systemClock } from '../../src/clock.ts'
import { createFeedback } from '../../src/feedback/create-feedback.ts'
import type { ModelProvider } from '../../src/provider/contract.ts'
import { createRouter, type Router } from '../../src/routing/router.ts'
import { staticRoutes } from '../../src/routing/table/static-routes.ts'
import { createMetricWindows } from '../../src/telemetry/metric-windows.ts'
import { createRequestTelemetry } from '../../src/telemetry/request-telemetry.ts'

const rounds = 5
const perRound = 50_000

/** The CPU time of one request through the router in this process, without any I/O: the best of five rounds. */
export interface InProcess {
  /** With everything that a plane measures. */
  readonly observed: number
  readonly bare: number
}

export async function inProcess(): Promise<InProcess> {
  const answer = Promise.resolve({ kind: 'tensors', outputs: [] } as const)
  const provider: ModelProvider = {
    name: 'instant',
    capabilities: { operations: ['infer'], streaming: false, dialects: [] },
    infer: () => answer,
  }
  const table = staticRoutes({
    providers: { a: provider, b: provider },
    routes: [
      {
        metadata: { name: 'm' },
        spec: {
          operations: ['infer'],
          backends: [{ provider: 'a', model: 'm' }],
          fallback: [{ provider: 'b', model: 'm' }],
        },
      },
    ],
  })
  const observers = [
    createMetricWindows({ clock: systemClock }),
    createFeedback({ clock: systemClock }),
    createRequestTelemetry(),
  ]
  const bare = await microsPerRequest(createRouter({ table }))
  const observed = await microsPerRequest(createRouter({ table, observers }))
  await table.close()
  return { bare, observed }
}

async function microsPerRequest(router: Router): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = -1; round < rounds; round += 1) {
    const before = process.cpuUsage()
    for (let sent = 0; sent < perRound; sent += 1) await router.infer('m', { kind: 'tensors', inputs: [] })
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) best = Math.min(best, (user + system) / perRound)
  }
  return best
}
