import { openInference } from 'modelspine/adapters/open-inference'
import { createGateway } from 'modelspine/gateway'
import { systemClock } from '../../src/clock.ts'
import { createFeedback } from '../../src/feedback/create-feedback.ts'
import { createRouter } from '../../src/routing/router.ts'
import { createRouteTableHolder } from '../../src/routing/table/table-holder.ts'
import { createMetricWindows } from '../../src/telemetry/metric-windows.ts'
import { createRequestTelemetry } from '../../src/telemetry/request-telemetry.ts'
import { serve } from '../child.ts'

/** A gateway for one deployment with one revision. It measures everything that a plane measures. */
const table = createRouteTableHolder({ clock: systemClock })
table.load({
  routes: [
    {
      apiVersion: 'modelspine.dev/v1alpha1',
      kind: 'ModelRoute',
      metadata: { name: 'm', namespace: 'default', labels: {}, annotations: {} },
      spec: {
        operations: ['infer'],
        backends: [{ deployment: 'm', weight: 1 }],
        fallback: [],
        timeout: '60s',
        onPolicyError: 'deny',
      },
    },
  ],
  deployments: [
    {
      key: 'default/m',
      traffic: [{ revision: 'r1', target: 'local', weight: 100 }],
      endpoints: [
        {
          revision: 'r1',
          target: 'local',
          endpoint: { protocol: 'open-inference', address: process.argv[2] ?? '' },
        },
      ],
    },
  ],
  providers: {},
  connect: { 'open-inference': openInference },
})
const observers = [
  createMetricWindows({ clock: systemClock }),
  createFeedback({ clock: systemClock }),
  createRequestTelemetry(),
]
const router = createRouter({ table, clock: systemClock, observers })
const { url } = await createGateway({ router }).listen({ port: 0 })
serve(url, () => process.cpuUsage())
