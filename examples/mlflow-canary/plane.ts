import { join } from 'node:path'
import { type ControlPlane, createControlPlane, envSecrets } from 'modelspine'
import { fileAuditLog } from 'modelspine/adapters/file'
import { mlflowRegistry, mlflowWebhooks } from 'modelspine/adapters/mlflow'
import { opaPolicy } from 'modelspine/adapters/opa'
import { openInference } from 'modelspine/adapters/open-inference'
import { processTarget } from 'modelspine/adapters/process'
import { modelspineMetrics, prometheusExposition, prometheusMetrics } from 'modelspine/adapters/prometheus'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import { createGateway, type Gateway } from 'modelspine/gateway'
import type { RequestObserver } from 'modelspine/routing'

export interface Addresses {
  readonly mlflow: string
  readonly opa: string
  readonly prometheus: string
  /** A Python with MLflow and KServe's server. */
  readonly python: string
}

export interface Places {
  readonly store: string
  readonly audit: string
  readonly processes: string
}

/** The plane and its gateway. Copy this file into your app, and change the addresses. */
export function createPlane(
  { mlflow, opa, prometheus, python }: Addresses,
  { store, audit, processes }: Places,
  observer: RequestObserver,
): { readonly plane: ControlPlane; readonly gateway: Gateway } {
  const secrets = envSecrets()
  const webhooks = mlflowWebhooks({ secret: () => secrets.resolve('MLFLOW_WEBHOOK_SECRET') })
  const exposition = prometheusExposition()

  const plane = createControlPlane({
    store: sqliteStore({ path: store }),
    audit: fileAuditLog({ path: audit }),
    registries: {
      mlflow: mlflowRegistry({
        baseUrl: mlflow,
        webhooks,
        tags: { approval: 'approval', owner: 'owner', classification: 'data_classification' },
      }),
    },
    policies: [opaPolicy({ name: 'company', baseUrl: opa, actions: ['promote'] })],
    targets: {
      kserve: processTarget({
        folder: processes,
        command: [python, join(import.meta.dirname, 'python/serve.py'), '{uri}', '{name}', '{port}'],
        env: { MLFLOW_TRACKING_URI: mlflow, MLFLOW_DISABLE_TELEMETRY: 'true', PYTHONDONTWRITEBYTECODE: '' },
        health: { startTimeoutMs: 120_000, timeoutMs: 5000 },
        drainMs: 5000,
      }),
    },
    connect: { 'open-inference': openInference },
    metrics: {
      prometheus: prometheusMetrics({
        baseUrl: prometheus,
        scrapeMs: 1000,
        metrics: modelspineMetrics({ matchers: { job: 'gateway' } }),
      }),
    },
    observers: [exposition, observer],
    // No other process routes requests by this store.
    routersLearnMs: 0,
    shareMeasurements: false,
  })

  const gateway = createGateway({
    router: plane.router,
    handlers: {
      '/metrics': { handler: exposition.fetch, open: true },
      '/hooks/mlflow': { handler: webhooks.fetch, open: true },
      '/labels': (request) => takeLabels(plane, request),
    },
  })
  return { plane, gateway }
}

/** Labels come when somebody knows the truth. They name the request that each of them is about. */
async function takeLabels({ feedback }: ControlPlane, request: Request): Promise<Response> {
  const labels = (await request.json()) as readonly { readonly requestId: string; readonly value: number }[]
  for (const { requestId, value } of labels) feedback.record({ kind: 'label', requestId, value })
  return new Response(null, { status: 204 })
}
