/**
 * The route table tells what each public model name means now. A table is a snapshot: it is never edited,
 * only replaced as a whole.
 */

import { ModelspineError } from '../errors.ts'
import type { ModelProvider } from '../provider/contract.ts'
import { durationMs } from '../resources/duration.ts'
import { keyOf } from '../resources/metadata.ts'
import type { ModelRoute, Operation, RouteBackend } from '../resources/route/model-route.ts'
import type { Connect, Connection, Connections } from './connections.ts'
import type { Choice, Route, RoutePlan, TableProblem, Upstream } from './route.ts'
import { type DeploymentView, type Report, upstreamsOf } from './upstreams.ts'

export interface RouteTableInput {
  readonly routes: readonly ModelRoute[]
  readonly deployments: readonly DeploymentView[]
  /** Providers by the names that routes use. */
  readonly providers: Readonly<Record<string, ModelProvider>>
  /** By protocol: the function that makes a provider for an endpoint. */
  readonly connect: Readonly<Record<string, Connect>>
}

export interface RouteTable {
  /** The routes in the order in which they were given. */
  readonly routes: readonly Route[]
  /** The backends that were left out, with the reasons. */
  readonly problems: readonly TableProblem[]
  /** Finds a route by its public name. Also accepts `default/name`. */
  find(name: string): Route | undefined
}

/**
 * The table. Throws `no-backend` when no table is loaded yet, not `no-route`: the route may exist in the
 * table that is still to come, so the caller may try again.
 */
export function loadedTable(table: RouteTable | undefined): RouteTable {
  if (table === undefined) throw new ModelspineError('no-backend', 'no route table is loaded')
  return table
}

/**
 * Builds a snapshot. A backend that is declared wrongly or is not ready causes no error: the snapshot leaves
 * it out and lists it in `problems`. The snapshot takes its connections from `connections`, which keeps them
 * from one snapshot to the next. `connections` retires the connections that this snapshot does not use.
 */
export function buildRouteTable(input: RouteTableInput & { readonly connections: Connections }): RouteTable {
  const around = { ...input, deployments: new Map(input.deployments.map((view) => [view.key, view])) }
  const problems: TableProblem[] = []
  const names = new Map<string, Route>()

  const routes = input.routes.map(({ metadata, spec }) => {
    const key = keyOf(metadata)
    const resolve = (backend: RouteBackend): ResolvedBackend => {
      const label =
        'deployment' in backend ? `deployment ${backend.deployment}` : `provider ${backend.provider}`
      const report: Report = (reason, message) => {
        problems.push({ route: key, backend: label, reason, message })
      }
      const upstreams = upstreamsOf(backend, metadata.namespace, around, report)
      return { label, weight: backend.weight, upstreams, report }
    }
    // A fallback needs no weight: its place in the list decides.
    const backends = spec.backends.filter(({ weight }) => weight > 0).map(resolve)
    const fallback = spec.fallback.map(resolve)
    const plans: Partial<Record<Operation, RoutePlan>> = {}
    for (const operation of spec.operations) {
      plans[operation] = {
        backends: choicesFor(operation, backends),
        fallback: choicesFor(operation, fallback),
      }
    }
    // Names contain no `/`, so no two routes share a public name.
    const name = metadata.namespace === 'default' ? metadata.name : key
    const { operations, onPolicyError } = spec
    const route: Route = {
      key,
      name,
      operations,
      timeoutMs: durationMs(spec.timeout),
      onPolicyError,
      plans,
    }
    names.set(name, route)
    names.set(key, route)
    return route
  })

  input.connections.keepOnly(connectionsOf(routes))
  return { routes, problems, find: (name) => names.get(name) }
}

interface ResolvedBackend {
  readonly label: string
  readonly weight: number
  readonly upstreams: readonly Upstream[]
  readonly report: Report
}

function choicesFor(operation: Operation, backends: readonly ResolvedBackend[]): readonly Choice[] {
  return backends.flatMap(({ label, weight, upstreams, report }) => {
    const able = upstreams.filter(({ connection }) =>
      connection.provider.capabilities.operations.includes(operation),
    )
    if (able.length < upstreams.length)
      report('OperationUnsupported', `${label} does not support ${operation}`)
    return able.length > 0 ? [{ weight, upstreams: able }] : []
  })
}

function connectionsOf(routes: readonly Route[]): ReadonlySet<Connection> {
  const used = new Set<Connection>()
  for (const route of routes) {
    for (const plan of Object.values(route.plans)) {
      for (const choice of [...plan.backends, ...plan.fallback]) {
        for (const upstream of choice.upstreams) used.add(upstream.connection)
      }
    }
  }
  return used
}
