import { allow, type ControlPlane, createControlPlane, deny, rule, rulesPolicy } from 'modelspine'
import { fileAuditLog, fileRegistry } from 'modelspine/adapters/file'
import { openInference } from 'modelspine/adapters/open-inference'
import type { ProcessTarget } from 'modelspine/adapters/process'
import { sqliteStore } from 'modelspine/adapters/sqlite'
import type { RequestObserver } from 'modelspine/routing'
import type { Home } from './home.ts'

/** A model gets traffic only if it is approved in the registry. */
const promotion = rulesPolicy('promotion', [
  rule('approved-models-only', {
    on: 'promote',
    check: ({ model }) =>
      model?.approval === 'approved'
        ? allow()
        : deny(
            `${model?.name}:${model?.version} is ${model?.approval ?? 'unknown'} in the registry, not approved`,
          ),
  }),
])

/** The plane of this quickstart. Its state, its models and its servers are all on this machine. */
export function createPlane(
  home: Home,
  servers: ProcessTarget,
  observer: RequestObserver,
): { readonly plane: ControlPlane; readonly registry: ReturnType<typeof fileRegistry> } {
  const registry = fileRegistry({ path: home.registry, name: 'models' })
  const plane = createControlPlane({
    store: sqliteStore({ path: home.store }),
    audit: fileAuditLog({ path: home.audit }),
    registries: { models: registry },
    targets: { local: servers },
    connect: { 'open-inference': openInference },
    policies: [promotion],
    observers: [observer],
    // No other process routes requests by this store.
    routersLearnMs: 0,
    shareMeasurements: false,
  })
  return { plane, registry }
}
