import { getHeapSpaceStatistics } from 'node:v8'
import { openInference } from 'modelspine/adapters/open-inference'
import { openaiCompatible } from 'modelspine/adapters/openai-compatible'
import { createGateway } from 'modelspine/gateway'
import { defineRoute } from 'modelspine/resources'
import { systemClock } from '../../src/clock.ts'
import { createFeedback } from '../../src/feedback/create-feedback.ts'
import { createRouter } from '../../src/routing/router.ts'
import { createRouteTableHolder } from '../../src/routing/table/table-holder.ts'
import { createMetricWindows } from '../../src/telemetry/metric-windows.ts'
import { createRequestTelemetry } from '../../src/telemetry/request-telemetry.ts'
import { serve } from '../child.ts'
import { traffic } from './traffic.ts'

/**
 * A gateway for one deployment with one revision, and for a vendor's models. It measures everything that a plane
 * measures.
 */
const address = process.argv[2] ?? ''
const names = Object.keys(traffic).filter((name) => name !== 'infer')
const table = createRouteTableHolder({ clock: systemClock })
table.load({
  routes: [
    defineRoute({
      metadata: { name: 'infer' },
      spec: { operations: ['infer'], backends: [{ deployment: 'm' }] },
    }),
    ...names.map((name) =>
      defineRoute({
        metadata: { name },
        spec: { operations: ['chat'], backends: [{ provider: 'vendor', model: name }] },
      }),
    ),
  ],
  deployments: [
    {
      key: 'default/m',
      traffic: [{ revision: 'r1', target: 'local', weight: 100 }],
      endpoints: [{ revision: 'r1', target: 'local', endpoint: { protocol: 'open-inference', address } }],
    },
  ],
  providers: { vendor: openaiCompatible({ baseUrl: `${address}/v1` }) },
  connect: { 'open-inference': openInference },
})
const observers = [
  createMetricWindows({ clock: systemClock }),
  createFeedback({ clock: systemClock }),
  createRequestTelemetry(),
]
const router = createRouter({ table, clock: systemClock, observers })
const { url } = await createGateway({ router }).listen({ port: 0 })
serve(url, () => ({ ...process.cpuUsage(), oldBytes: oldBytes() }))

/** What is in the generation that only a whole garbage collection cleans. */
function oldBytes(): number {
  const spaces = getHeapSpaceStatistics()
  return spaces.find(({ space_name }) => space_name === 'old_space')?.space_used_size ?? 0
}
