import { systemClock } from '../../src/clock.ts'
import { priceTable } from '../../src/cost/price-table.ts'
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
  /** A chat with usage, observed. */
  readonly chat: number
  /** The same with a table of prices. */
  readonly priced: number
}

export async function inProcess(): Promise<InProcess> {
  const answer = Promise.resolve({ kind: 'tensors', outputs: [] } as const)
  const chatAnswer = Promise.resolve({
    id: 'r',
    model: 'm',
    choices: [{ content: [{ type: 'text', text: 'Hello' }], finishReason: 'stop' }],
    usage: { inputTokens: 200, outputTokens: 180, cacheReadTokens: 1000, reasoningTokens: 20 },
  } as const)
  const provider: ModelProvider = {
    name: 'instant',
    capabilities: { operations: ['infer', 'chat'], streaming: false, dialects: [] },
    infer: () => answer,
    chat: () => chatAnswer,
  }
  const table = staticRoutes({
    providers: { a: provider, b: provider },
    routes: [
      {
        metadata: { name: 'm' },
        spec: {
          operations: ['infer', 'chat'],
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
  const infer: Send = (router) => router.infer('m', { kind: 'tensors', inputs: [] })
  const chat: Send = (router) => router.chat('m', { messages: [] })
  const prices = priceTable({
    prices: { instant: { m: { input: 0.4, output: 1.6, cacheRead: 0.1, reasoning: 2 } } },
  })
  const measured = {
    bare: await microsPerRequest(createRouter({ table }), infer),
    observed: await microsPerRequest(createRouter({ table, observers }), infer),
    chat: await microsPerRequest(createRouter({ table, observers }), chat),
    priced: await microsPerRequest(createRouter({ table, observers, prices }), chat),
  }
  await table.close()
  return measured
}

type Send = (router: Router) => Promise<unknown>

async function microsPerRequest(router: Router, send: Send): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = -1; round < rounds; round += 1) {
    const before = process.cpuUsage()
    for (let sent = 0; sent < perRound; sent += 1) await send(router)
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) best = Math.min(best, (user + system) / perRound)
  }
  return best
}
