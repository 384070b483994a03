import type { Endpoint, ObservedRevision } from 'modelspine/adapter'
import { endpointAt, serviceUrl } from './endpoint.ts'
import { type KnativeState, knativeState } from './knative-state.ts'
import { type LiveService, numberIn } from './live-service.ts'
import type { ModePlace } from './mode.ts'
import { type Readiness, readinessOf } from './readiness.ts'

type Traffic = NonNullable<
  NonNullable<NonNullable<LiveService['status']['components']>['predictor']>['traffic']
>

/** The revisions of the mode `knative`, with the traffic that Knative reports. */
export function observeKnative(place: ModePlace, live: LiveService): readonly ObservedRevision[] {
  const state = knativeState(live)
  const { latest, previous, replaces } = state
  if (latest === undefined) return []
  const traffic = live.status.components?.predictor?.traffic ?? []
  const shown = (
    revision: string,
    readiness: Readiness,
    more: Partial<ObservedRevision>,
  ): ObservedRevision => {
    const endpoint =
      readiness.state === 'ready' ? endpointOf(place, live, state, traffic, revision) : undefined
    return {
      revision,
      ...(live.isDeleting ? { state: 'stopping' } : readiness),
      ...(endpoint !== undefined && !live.isDeleting && { endpoint }),
      weight: weightOf(state, traffic, revision),
      ...more,
    }
  }
  const [min, max] = [numberIn(latest.predictor, 'minReplicas'), numberIn(latest.predictor, 'maxReplicas')]
  const scale = min === undefined || max === undefined ? {} : { scale: { min, max } }
  const isOne = previous?.revision === latest.revision
  const before = previous && previousReadiness(state, traffic, previous.name)
  const now = latestReadiness(live, state, traffic)
  return [
    shown(latest.revision, isOne && before?.state === 'ready' ? before : now, scale),
    ...(previous !== undefined && before !== undefined && !isOne
      ? [shown(previous.revision, before, {})]
      : []),
    // It has no traffic, and goes when the latest is ready.
    ...(replaces === undefined ? [] : [shown(replaces, { state: 'unready', reason: 'BeingReplaced' }, {})]),
  ]
}

function latestReadiness({ status, spec }: LiveService, state: KnativeState, traffic: Traffic): Readiness {
  const { lineage, revision } = state.latest ?? { lineage: { generation: 1 } as const, revision: '' }
  const { latestCreatedRevision, latestReadyRevision } = status.components?.predictor ?? {}
  const isRouted = traffic.some(({ revisionName }) => state.ownerOf(revisionName) === revision)
  // Another scale makes another Knative revision. Until that one is ready, the one before it serves.
  if (state.latestServes && isRouted && latestCreatedRevision !== latestReadyRevision)
    return { state: 'ready' }
  /**
   * KServe copies the Knative service's `observedGeneration`, which does not count a change that left that service as it
   * is. What Knative made after our write is of our write, whatever the number says.
   */
  const isSeen =
    lineage.after === undefined
      ? (status.observedGeneration ?? 0) >= lineage.generation
      : state.ownerOf(latestCreatedRevision) === revision
  return readinessOf(status, {
    isCurrent: isSeen,
    serves: state.latestServes,
    mayBeEmpty: numberIn(spec.predictor, 'minReplicas') === 0 && state.latestServes,
    oldFailure: lineage.failure,
  })
}

/**
 * Knative routes to what is ready only. Without a share it is ready too: it starts when it gets one, as from zero.
 * KServe's conditions are about the latest.
 */
function previousReadiness({ percent }: KnativeState, traffic: Traffic, name: string): Readiness {
  if (percent === 100 || traffic.some(({ revisionName }) => revisionName === name)) return { state: 'ready' }
  return { state: 'unready', reason: 'NotRouted' }
}

function weightOf({ ownerOf }: KnativeState, traffic: Traffic, revision: string): number {
  return traffic
    .filter(({ revisionName }) => ownerOf(revisionName) === revision)
    .reduce((sum, { percent }) => sum + (percent ?? 0), 0)
}

/**
 * With a previous revision, each has the address of its tag. A revision alone has the service's: the tag `latest` would
 * be the next one's as soon as that is ready.
 */
function endpointOf(
  place: ModePlace,
  { spec, status }: LiveService,
  { ownerOf, previous }: KnativeState,
  traffic: Traffic,
  revision: string,
): Endpoint | undefined {
  const isTagged = place.options.endpoints === 'revision' && previous !== undefined
  const own = traffic.find(
    (each) => each.url && (each.percent ?? 0) > 0 && ownerOf(each.revisionName) === revision,
  )
  const any = own ?? traffic.find((each) => each.url && ownerOf(each.revisionName) === revision)
  const url = (isTagged ? any?.url : undefined) ?? serviceUrl(status)
  const predictor = revision === previous?.revision ? previous.predictor : spec.predictor
  return url === undefined ? undefined : endpointAt(place, predictor, revision, url)
}
