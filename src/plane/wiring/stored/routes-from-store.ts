import type { ModelProvider } from '../../../provider/contract.ts'
import type { DeploymentStatus } from '../../../resources/deployment/deployment-status.ts'
import type { Endpoint } from '../../../resources/deployment/revision.ts'
import type { Key } from '../../../resources/metadata.ts'
import type { ModelRoute } from '../../../resources/route/model-route.ts'
import type { RouteTableHolder } from '../../../routing/table/table-holder.ts'
import type { DeploymentView } from '../../../routing/table/upstreams.ts'
import type { CommitListener } from './commit-listeners.ts'

export interface RoutesFromStoreOptions {
  readonly holder: RouteTableHolder
  readonly providers: Readonly<Record<string, ModelProvider>>
  readonly connect: Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>>
}

/**
 * Makes the router's table of the routes and the deployments that the store shows. A new weight of a canary
 * reaches the router as a change of its table. Requests go by the table once everything was read.
 */
export function createRoutesFromStore({
  holder,
  providers,
  connect,
}: RoutesFromStoreOptions): CommitListener {
  const routes = new Map<Key, ModelRoute | undefined>()
  const deployments = new Map<Key, DeploymentView | undefined>()
  holder.prepare({ providers, connect: { ...connect, ...hostedBy(providers) } })
  return {
    loaded: () => void holder.publish(),
    seen({ kind, key, resource, status }) {
      if (kind === 'ModelRoute') routes.set(key, resource)
      else deployments.set(key, viewOf(key, status))
    },
    gone(kind, key) {
      if (kind === 'ModelRoute') routes.set(key, undefined)
      else deployments.set(key, undefined)
    },
    settled() {
      holder.change({ routes, deployments })
      routes.clear()
      deployments.clear()
    },
  }
}

/**
 * The router sees the ready revisions. When no revision is ready, it sees every revision that has an address.
 */
function viewOf(key: Key, status: DeploymentStatus | undefined): DeploymentView {
  const traffic = status?.traffic ?? []
  // What comes to a target or leaves it has no traffic, and its state says nothing about what serves.
  const placements = (status?.placements ?? []).filter(({ target }) =>
    traffic.some((entry) => entry.target === target),
  )
  const reachable = placements.flatMap(({ target, revisions }) =>
    revisions.flatMap(({ revision, state, endpoint }) =>
      endpoint === undefined ? [] : [{ revision, target, state, endpoint }],
    ),
  )
  const ready = reachable.filter(({ state }) => state === 'ready')
  const seen = ready.length > 0 ? ready : reachable
  return {
    key,
    traffic,
    endpoints: seen.map(({ revision, target, endpoint }) => ({ revision, target, endpoint })),
    ...(status?.stable !== undefined && { stable: status.stable }),
  }
}

/**
 * The protocol of a hosted revision is the name of the provider that runs it. The plane was given this
 * provider and keeps it.
 */
function hostedBy(
  providers: Readonly<Record<string, ModelProvider>>,
): Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>> {
  return Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => [name, () => borrowed(provider)]),
  )
}

/**
 * The same provider without `close`. A table that no longer needs the provider must not close it for others.
 */
function borrowed(provider: ModelProvider): ModelProvider {
  const { name, capabilities } = provider
  return {
    name,
    capabilities,
    ...(provider.infer && { infer: provider.infer.bind(provider) }),
    ...(provider.chat && { chat: provider.chat.bind(provider) }),
    ...(provider.chatStream && { chatStream: provider.chatStream.bind(provider) }),
    ...(provider.embed && { embed: provider.embed.bind(provider) }),
  }
}
