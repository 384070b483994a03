import type { Endpoint, ObservedRevision } from 'modelspine/adapter'
import type { Predictor } from '../kserve-api.ts'
import type { ServiceStatus } from '../kserve-replies.ts'
import { lineageOf, revisionOf } from '../lineage.ts'
import { endpointAt, serviceUrl } from './endpoint.ts'
import { type LiveService, numberIn } from './live-service.ts'
import type { ModePlace } from './mode.ts'
import { conditionOf, type Readiness, readinessOf, told } from './readiness.ts'

/** The revisions of the mode `standard`, with the weights that are in force: a canary that is not ready gets nothing. */
export function observeStandard(place: ModePlace, live: LiveService): readonly ObservedRevision[] {
  const { spec, status } = live
  const canaries = (spec.canary ?? []).map(({ predictor }) => ({
    predictor,
    readiness: canaryReadiness(status, predictor),
    weight: weightOf(status, predictor),
  }))
  const taken = canaries.reduce((sum, { weight }) => sum + weight, 0)
  const [min, max] = [numberIn(spec.predictor, 'minReplicas'), numberIn(spec.predictor, 'maxReplicas')]
  const scale = min === undefined || max === undefined ? {} : { scale: { min, max } }
  return [
    ...shown(spec.predictor, mainReadiness(live), 100 - taken).map((each) => ({ ...each, ...scale })),
    ...canaries.flatMap(({ predictor, readiness, weight }) => shown(predictor, readiness, weight)),
  ]

  function shown(predictor: Predictor, readiness: Readiness, weight: number): readonly ObservedRevision[] {
    const revision = revisionOf(predictor)
    if (revision === undefined) return []
    if (live.isDeleting) return [{ revision, state: 'stopping', weight }]
    const endpoint = readiness.state === 'ready' ? endpointOf(place, status, predictor, revision) : undefined
    return [{ revision, ...readiness, weight, ...(endpoint !== undefined && { endpoint }) }]
  }
}

export function mainReadiness({ spec, status }: LiveService): Readiness {
  const { predictor } = spec
  // KServe has not taken up the promotion yet, and still tells of it as a canary.
  if (canaryStatusOf(status, predictor) !== undefined) return canaryReadiness(status, predictor)
  const lineage = lineageOf(predictor)
  return readinessOf(status, {
    isCurrent: (status.observedGeneration ?? 0) >= lineage.generation,
    serves: lineage.canary === true || conditionOf(status, 'PredictorReady')?.status === 'True',
    mayBeEmpty: false,
    oldFailure: lineage.failure,
  })
}

export function canaryReadiness(status: ServiceStatus, predictor: Predictor): Readiness {
  const known = canaryStatusOf(status, predictor)
  if (known === undefined) return { state: 'starting', reason: 'StatusOutdated' }
  const { ready, modelStatus } = known
  const { transitionStatus } = modelStatus ?? {}
  if (transitionStatus === 'BlockedByFailedLoad' || transitionStatus === 'InvalidSpec') {
    return { state: 'failed', ...told(modelStatus, transitionStatus) }
  }
  if (ready !== true) return { state: 'starting', ...told(modelStatus, 'CanaryNotReady') }
  return conditionOf(status, 'IngressReady')?.status === 'False'
    ? { state: 'unready', reason: 'IngressNotReady' }
    : { state: 'ready' }
}

function weightOf(status: ServiceStatus, predictor: Predictor): number {
  const known = canaryStatusOf(status, predictor)
  return known?.ready === true ? (known.trafficPercent ?? 0) : 0
}

function canaryStatusOf({ canaryStatuses }: ServiceStatus, { name }: Predictor) {
  return canaryStatuses?.find((each) => each.name === name)
}

/** Each revision has a Service of its own inside the cluster, beside the one address that splits. */
function endpointOf(
  place: ModePlace,
  status: ServiceStatus,
  predictor: Predictor,
  revision: string,
): Endpoint | undefined {
  const { names, options } = place
  const inside = `http://${names.service}-${predictor.name}-predictor.${options.namespace}.svc.cluster.local`
  const url = options.endpoints === 'revision' ? inside + portOf(status) : serviceUrl(status)
  return url === undefined ? undefined : endpointAt(place, predictor, revision, url)
}

/** Without an address of their own, KServe's Services are reached at the port of the pods. */
function portOf({ address }: ServiceStatus): string {
  const port = address?.url && URL.canParse(address.url) ? new URL(address.url).port : ''
  return port === '' ? '' : `:${port}`
}
