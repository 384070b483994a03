import { ModelspineError, type ObservedRevision, type ObserveOptions } from 'modelspine/adapter'
import { anyVariant, sagemakerProtocol } from '../../sagemaker-protocol.ts'
import { type BareRevision, modelsOf } from '../leftovers.ts'
import type { LiveEndpoint } from '../live-endpoint.ts'
import { comingIn, isAutoscaled, revisionsOf, standingOf } from '../observe-endpoint.ts'
import { lastSent } from '../operations.ts'
import { type EndpointPlace, readConfig } from '../target-calls.ts'
import { type GuardedEndpoint, guardedOf } from './guarded-endpoint.ts'

/** What an endpoint has where SageMaker shifts. `failed` is what became of the operation that was sent last. */
export async function observeGuarded(
  place: EndpointPlace,
  live: LiveEndpoint,
  known: ObserveOptions,
  failed: string | undefined,
): Promise<readonly ObservedRevision[]> {
  const config = await readConfig(place, live.config)
  if (config === undefined) {
    throw new ModelspineError(
      'target-unavailable',
      `SageMaker: the endpoint ${place.names.endpoint} runs the config ${live.config}, which SageMaker does not show, so nobody can tell which revision serves`,
    )
  }
  const at = guardedOf(place, live, config)
  if (at === undefined) return revisionsOf(place.names.endpoint, live, known)
  const others = await modelsOf(place)
  const sent = lastSent(known.handles ?? [])
  const serving = servingOf(place, at, known)
  return [
    serving,
    ...others
      .filter(({ revision }) => revision !== at.serving)
      .map((each): ObservedRevision => {
        const isFailed = failed !== undefined && sent?.kind === `shift:${each.revision}`
        return waitingOf(live, each, serving, isFailed ? failed : undefined)
      }),
  ]
}

function servingOf(
  { names }: EndpointPlace,
  { live, serving }: GuardedEndpoint,
  { applied = [] }: ObserveOptions,
): ObservedRevision {
  const [variant] = live.variants
  if (variant === undefined) return { revision: serving, ...comingIn(live), weight: 0 }
  const { desiredCount: count } = variant
  return {
    revision: serving,
    ...standingOf(live, variant),
    weight: 100,
    ...(!isAutoscaled(applied, serving) && { scale: { min: count, max: count } }),
    endpoint: { protocol: sagemakerProtocol, address: names.endpoint, model: anyVariant },
  }
}

/**
 * A revision that is a model without instances. It counts as ready where the endpoint serves: SageMaker starts its
 * instances within the shift, beside those that serve and as many, and gives them no traffic before they are healthy.
 */
function waitingOf(
  live: LiveEndpoint,
  { revision, createdMs }: BareRevision,
  { scale, endpoint }: ObservedRevision,
  failed: string | undefined,
): ObservedRevision {
  // A model that was made after that is for the next try.
  if (failed !== undefined && createdMs <= live.modifiedMs) {
    return { revision, state: 'failed', reason: 'RolledBack', message: failed, weight: 0 }
  }
  if (!serves(live)) {
    const state = live.status === 'Creating' ? 'starting' : 'unready'
    return { revision, state, reason: live.told, weight: 0 }
  }
  return { revision, state: 'ready', weight: 0, ...(scale && { scale }), ...(endpoint && { endpoint }) }
}

function serves({ status }: LiveEndpoint): boolean {
  return status !== 'Creating' && status !== 'Deleting' && status !== 'Failed' && status !== 'OutOfService'
}
