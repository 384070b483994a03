import type { Faults } from './faults.ts'
import {
  type Condition,
  type DeploymentMode,
  type InferenceService,
  routesByTag,
  type ServiceStatus,
} from './inference-service.ts'
import { modelStatusOf } from './model-process.ts'
import type { Simulated } from './simulated-service.ts'

export interface StatusContext {
  readonly mode: DeploymentMode
  readonly faults: Faults
  readonly nowMs: number
  /** Where a host of the service's namespace is reached. */
  url(host: string): string
}

type Fact = Omit<Condition, 'type' | 'lastTransitionTime'>

const yes: Fact = { status: 'True' }
const unknown: Fact = { status: 'Unknown' }

/** The status that KServe writes for what is there. */
export function serviceStatus(
  service: InferenceService,
  simulated: Simulated,
  context: StatusContext,
): ServiceStatus {
  const { mode, faults, url } = context
  const { name } = service.metadata
  const { state, servedBefore, shares, lastFailure, component, canaries } = simulated
  const tagged = routesByTag(service)
  const serves = isServed(service, simulated, mode)
  const copies = faults.scaledToZero && mode === 'Knative' ? 0 : service.spec.predictor.minReplicas || 1
  const address = url(name)
  return {
    deploymentMode: mode,
    observedGeneration: generationOf(simulated, context),
    conditions: conditionsOf(simulated, context, serves, service.status?.conditions ?? []),
    ...(serves && { url: address, address: { url: address } }),
    components: {
      predictor: {
        ...component,
        ...(serves && { url: url(`${name}-predictor`) }),
        ...(mode === 'Knative' && {
          traffic: shares.map(({ process, percent, tag }) => ({
            revisionName: process.name,
            latestRevision: tag === 'latest',
            percent,
            ...((tagged || tag === 'prev') && { tag }),
            ...(tagged && { url: url(`${tag}-${name}-predictor`) }),
          })),
        }),
      },
    },
    modelStatus: modelStatusOf({ state, servedBefore, copies, lastFailure }),
    ...(canaries !== undefined && { canaryStatuses: canaries }),
  }
}

/** KServe makes no route when a label of a host, a name with the namespace, has more than 63 characters. */
function isServed(
  { metadata }: InferenceService,
  { shares, processes }: Simulated,
  mode: DeploymentMode,
): boolean {
  const hosts = [metadata.name, ...(mode === 'Standard' ? processes.map(({ name }) => name) : [])]
  return shares.length > 0 && hosts.every((host) => `${host}-${metadata.namespace}`.length <= 63)
}

function generationOf({ workload }: Simulated, { faults, nowMs }: StatusContext): number {
  const isLate = nowMs < workload.sinceMs + (faults.generationLagMs ?? 0)
  return isLate ? workload.generation - 1 : workload.generation
}

function conditionsOf(
  { state, canaries }: Simulated,
  { mode, faults, nowMs }: StatusContext,
  serves: boolean,
  before: readonly Condition[],
): readonly Condition[] {
  const deployed: Fact =
    state === 'ready'
      ? yes
      : state === 'starting'
        ? unknown
        : {
            status: 'False',
            reason: mode === 'Knative' ? 'RevisionFailed' : 'ProgressDeadlineExceeded',
            message: 'no server of the newest model is ready',
          }
  const routed = serves ? yes : unknown
  const flaps = faults.flapEveryMs !== undefined && Math.floor(nowMs / faults.flapEveryMs) % 2 === 1
  const predictor: Fact =
    flaps && state === 'ready'
      ? { status: 'False', reason: 'ContainerUnhealthy', message: 'the probe of a server fails' }
      : deployed
  const ready = predictor.status === 'True' ? routed : predictor
  const facts: Readonly<Record<string, Fact>> = {
    IngressReady: routed,
    ...(mode === 'Knative' && {
      LatestDeploymentReady: deployed,
      PredictorConfigurationReady: deployed,
      PredictorRouteReady: routed,
    }),
    PredictorReady: predictor,
    Ready: ready,
    ...(mode === 'Knative' && { RoutesReady: routed }),
    ...(canaries !== undefined && {
      CanaryPredictorReady: canaries.every((canary) => canary.ready) ? yes : unknown,
    }),
  }
  return Object.entries(facts).map(([type, fact]) => {
    const known = before.find((condition) => condition.type === type)
    const since = known?.status === fact.status ? known.lastTransitionTime : undefined
    return { type, ...fact, lastTransitionTime: since ?? new Date(nowMs).toISOString() }
  })
}
