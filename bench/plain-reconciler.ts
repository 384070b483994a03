import type { Clock } from '../src/clock.ts'
import { ModelspineError } from '../src/index.ts'
import { createKnownSecrets } from '../src/rollout/shell/known-secrets.ts'
import { createDeploymentReconciler } from '../src/rollout/shell/reconcile-deployment.ts'
import type { ReconcilerOptions } from '../src/rollout/shell/reconciler-options.ts'
import { silentLogger } from '../src/telemetry/logger.ts'

export const hourMs = 3_600_000

/** The loop's work on one deployment at target `local` with registry `models`, without policies, secrets and listeners. */
export function plainReconciler({
  clock,
  target,
  registry,
  ...parts
}: Pick<ReconcilerOptions, 'store' | 'metrics'> & {
  readonly clock: Clock
  readonly target: ReconcilerOptions['targets'][string]
  readonly registry: ReconcilerOptions['registries'][string]
}): ReturnType<typeof createDeploymentReconciler> {
  return createDeploymentReconciler({
    ...parts,
    clock,
    logger: silentLogger,
    registries: { models: registry },
    targets: { local: target },
    check: () => [],
    permit: async ({ revision, weight }) => ({
      revision: revision.name,
      weight,
      verdict: 'allow',
      message: '',
      policyRevision: '',
      findings: [],
    }),
    secret: async (reference) => {
      throw new ModelspineError('secret-not-found', reference)
    },
    knownSecrets: createKnownSecrets(),
    sent: () => {},
    committed: () => {},
    resyncMs: hourMs,
  })
}
