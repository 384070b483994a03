import type { Endpoint, ObservedRevision, ObservedTarget, Revision } from 'modelspine/adapter'
import type { LiveModel, VertexEndpoint } from './live-endpoint.ts'
import { type KnownWork, observedOperation } from './operations.ts'
import { protocolOf, settingsOf } from './target-settings.ts'

/** What of a deployment is there. `works` were read before the endpoint, so nothing ends between the two unseen. */
export interface SeenEndpoint {
  readonly live: VertexEndpoint | undefined
  readonly works: readonly KnownWork[]
  readonly baseUrl: string
  /** Revisions whose settings are known, for the protocol of their endpoints. */
  readonly revisions: readonly Revision[]
}

export function observed({ live, works, baseUrl, revisions }: SeenEndpoint): ObservedTarget {
  const models = live?.models ?? []
  const there = models.map(({ revision }) => revision)
  const starting = works.filter(
    ({ does, state, revision = '' }) => does === 'deploy' && state === 'running' && !there.includes(revision),
  )
  return {
    revisions: [
      ...models.map((model) => observedModel(model, { live, works, baseUrl, revisions })),
      ...[...new Set(starting.map(({ revision = '' }) => revision))].map(
        (revision): ObservedRevision => ({ revision, state: 'starting', reason: 'Deploying', weight: 0 }),
      ),
    ],
    operations: works.map(observedOperation),
  }
}

function observedModel(model: LiveModel, seen: SeenEndpoint): ObservedRevision {
  const { revision, weight, scale, trouble } = model
  const common = { revision, weight, ...(scale !== undefined && { scale }) }
  const isLeaving = runs(seen.works, 'undeploy', revision) || runs(seen.works, 'delete', undefined)
  if (isLeaving) return { ...common, state: 'stopping', reason: 'Undeploying' }
  if (trouble !== undefined) return { ...common, state: 'unready', reason: 'NoReplicas', message: trouble }
  return { ...common, state: 'ready', endpoint: endpointOf(model, seen) }
}

export function runs(
  works: readonly KnownWork[],
  does: KnownWork['does'],
  revision: string | undefined,
): boolean {
  return works.some((each) => each.does === does && each.state === 'running' && each.revision === revision)
}

/** All revisions share the address. Vertex splits behind it, and tells in each reply which one answered. */
function endpointOf({ id, revision }: LiveModel, { live, baseUrl, revisions }: SeenEndpoint): Endpoint {
  const settings = revisions.find(({ name }) => name === revision)?.settings ?? {}
  const origin = live?.host === undefined ? baseUrl : `https://${live.host}`
  return { protocol: protocolOf(settingsOf(settings)), address: `${origin}/v1/${live?.name}`, model: id }
}
