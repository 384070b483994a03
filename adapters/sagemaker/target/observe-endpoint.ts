import type { ObservedRevision, ObserveOptions, Revision } from 'modelspine/adapter'
import { sagemakerProtocol } from '../sagemaker-protocol.ts'
import type { BareRevision } from './leftovers.ts'
import type { LiveEndpoint, LiveVariant } from './live-endpoint.ts'
import { settingsOf } from './target-settings.ts'

/** What runs at an endpoint, and what is on its way. */
export function revisionsOf(
  endpoint: string,
  live: LiveEndpoint,
  { applied = [] }: ObserveOptions = {},
): readonly ObservedRevision[] {
  const running = live.variants.map((variant): ObservedRevision => {
    const { name: revision, weight, desiredCount: count } = variant
    const standing = standingOf(live, variant)
    return {
      revision,
      ...standing,
      weight,
      ...(!isAutoscaled(applied, revision) && { scale: { min: count, max: count } }),
      endpoint: { protocol: sagemakerProtocol, address: endpoint, model: revision },
    }
  })
  const coming = (live.pending?.variants ?? []).filter(
    (name) => !live.variants.some((variant) => variant.name === name),
  )
  return [
    ...running,
    ...coming.map((revision): ObservedRevision => ({ revision, ...comingIn(live), weight: 0 })),
  ]
}

export type Standing = Pick<ObservedRevision, 'state' | 'reason' | 'message'>

export function standingOf(live: LiveEndpoint, { name, count }: LiveVariant): Standing {
  const { status, pending } = live
  const message = live.failure
  const because = (state: Standing['state'], reason: string = live.told): Standing => ({
    state,
    reason,
    ...(message !== undefined && { message }),
  })
  switch (status) {
    case 'Creating':
      return because('starting')
    case 'Deleting':
      return because('stopping')
    case 'Failed':
      return because('failed')
    case 'OutOfService':
      return because('unready')
    default:
      // An endpoint serves while it is changed.
      if (status === 'Updating' && pending !== undefined && !pending.variants.includes(name)) {
        return because('stopping')
      }
      return count > 0 ? { state: 'ready' } : because('unready', 'NoInstances')
  }
}

export function comingIn({ status, told, failure }: LiveEndpoint): Standing {
  const isLost = status === 'RollingBack' || status === 'Failed'
  const state = status === 'Deleting' ? 'stopping' : isLost ? 'failed' : 'starting'
  return { state, reason: told, ...(failure !== undefined && { message: failure }) }
}

/**
 * A revision of which only the model is there is something that has to be removed: otherwise nobody calls again. One that
 * the plane has on its way is shown only when SageMaker has taken its update back.
 */
export function bareOf(
  bare: readonly BareRevision[],
  live: LiveEndpoint | undefined,
  failed: string | undefined,
  { applied = [] }: ObserveOptions,
): readonly ObservedRevision[] {
  return bare.flatMap(({ revision, createdMs }): readonly ObservedRevision[] => {
    if (!applied.some(({ name }) => name === revision)) {
      return [{ revision, state: 'unready', reason: 'OnlyModelLeft', weight: 0 }]
    }
    // A model that was made after that is for the next try.
    if (failed === undefined || createdMs > (live?.modifiedMs ?? 0)) return []
    return [{ revision, state: 'failed', reason: 'RolledBack', message: failed, weight: 0 }]
  })
}

/** Whether somebody else moves the number of instances, so that it is no scale. */
export function isAutoscaled(applied: readonly Revision[], revision: string): boolean {
  const known = applied.find(({ name }) => name === revision)
  return known !== undefined && settingsOf(known.settings).autoscaling === 'external'
}
