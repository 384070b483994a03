import { messageOf } from '../../errors.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import type { Endpoint } from '../../resources/deployment/revision.ts'
import type { TrafficEntry } from '../../resources/deployment/traffic.ts'
import type { Key } from '../../resources/metadata.ts'
import { backendKey, type RouteBackend } from '../../resources/route/model-route.ts'
import type { Connect, Connection, Connections } from './connections.ts'
import type { Loads } from './load.ts'
import type { TableProblem, Upstream } from './route.ts'

/** The loop's knowledge of a deployment's traffic. */
export interface DeploymentView {
  readonly key: Key
  readonly traffic: readonly TrafficEntry[]
  /** The endpoints of the revisions that are ready, each at its target. */
  readonly endpoints: readonly {
    readonly revision: string
    readonly target: string
    readonly endpoint: Endpoint
  }[]
  /**
   * The revision that the others are compared with. It may stand in for a failed sibling, but no sibling may
   * stand in for it.
   */
  readonly stable?: string
}

/** The inputs from which upstreams are made. */
export interface TableSources {
  readonly deployments: ReadonlyMap<Key, DeploymentView>
  readonly providers: Readonly<Record<string, ModelProvider>>
  readonly connect: Readonly<Record<string, Connect>>
  readonly connections: Pick<Connections, 'toEndpoint' | 'ofProvider'>
  readonly loads: Pick<Loads, 'ofRoute' | 'ofUpstream'>
}

export type Report = (reason: TableProblem['reason'], message: string) => void

/** The upstreams behind a route's backend that can be asked now. Reports each one that it leaves out. */
export function upstreamsOf(
  backend: RouteBackend,
  namespace: string,
  around: TableSources,
  report: Report,
): readonly Upstream[] {
  if ('provider' in backend) return ofProvider(backend.provider, backend.model, around, report)
  const key = backendKey(backend, namespace)
  const view = around.deployments.get(key)
  if (view !== undefined) return ofDeployment(view, around, report)
  report('UnknownDeployment', `there is no deployment ${key}`)
  return []
}

function ofProvider(
  name: string,
  model: string,
  { providers, connections, loads }: TableSources,
  report: Report,
): readonly Upstream[] {
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined
  if (provider === undefined) {
    report('UnknownProvider', `there is no provider "${name}"; the providers are: ${namesOf(providers)}`)
    return []
  }
  const id = `provider ${name} ${model}`
  return [
    {
      id,
      identity: { provider: provider.name, model },
      ...addressOf(provider.address),
      connection: connections.ofProvider(provider),
      state: loads.ofUpstream(id),
      weight: 1,
      stable: false,
      source: `provider/${name}`,
      modelIdentity: model,
    },
  ]
}

function ofDeployment(view: DeploymentView, around: TableSources, report: Report): readonly Upstream[] {
  const serving = view.traffic.flatMap((entry) => {
    // Copies and matched requests are not built: the router follows weights only.
    if (!('weight' in entry) || entry.weight <= 0) return []
    const { revision, target, weight } = entry
    const at = view.endpoints.find((each) => each.revision === revision && each.target === target)
    return at === undefined ? [] : [{ revision, target, weight, endpoint: at.endpoint }]
  })
  if (serving.length === 0) {
    report('NoReadyRevision', `deployment ${view.key} has no ready revision with a weight above 0`)
  }
  return serving.flatMap(({ revision, target, weight, endpoint }) => {
    const connection = connectionTo(revision, endpoint, around, report)
    if (connection === undefined) return []
    const provider = connection.provider.name
    const model = endpoint.model ?? view.key.slice(view.key.indexOf('/') + 1)
    const id = `deployment ${view.key} ${revision} ${target}`
    return [
      {
        id,
        identity: { deployment: view.key, revision, provider, model },
        ...addressOf(endpoint.address),
        connection,
        state: around.loads.ofUpstream(id),
        weight,
        stable: view.stable === revision,
        source: `protocol/${endpoint.protocol}`,
        modelIdentity: view.key,
      },
    ]
  })
}

function connectionTo(
  revision: string,
  endpoint: Endpoint,
  { connect, providers, connections }: TableSources,
  report: Report,
): Connection | undefined {
  const make = Object.hasOwn(connect, endpoint.protocol) ? connect[endpoint.protocol] : undefined
  if (make === undefined) {
    const message = `revision ${revision} has the protocol "${endpoint.protocol}"; connect has: ${namesOf(connect)}`
    report('UnknownProtocol', message)
    return undefined
  }
  try {
    return connections.toEndpoint(endpoint, make, Object.values(providers))
  } catch (error) {
    report('ConnectFailed', `revision ${revision} at ${endpoint.address}: ${messageOf(error)}`)
    return undefined
  }
}

/** The parts of an address that telemetry shows. Something that is no URL has no server. */
function addressOf(address: string | undefined): Pick<Upstream, 'address' | 'server'> {
  const url = address === undefined ? null : URL.parse(address)
  if (url === null || url.hostname === '') return { address, server: undefined }
  const port = Number(url.port) || defaultPorts[url.protocol]
  return { address, server: { address: url.hostname, ...(port !== undefined && { port }) } }
}

const defaultPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

function namesOf(entries: Readonly<Record<string, unknown>>): string {
  return Object.keys(entries).join(', ') || 'none'
}
