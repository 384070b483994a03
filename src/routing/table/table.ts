/**
 * The route table tells what each public model name means now. A table is a snapshot: it is never edited. A
 * change makes another snapshot, which shares everything that has not changed.
 */

import { ModelspineError } from '../../errors.ts'
import type { ModelProvider } from '../../provider/contract.ts'
import type { ModelRoute } from '../../resources/route/model-route.ts'
import type { CompiledRoute } from './compile-route.ts'
import type { Connect } from './connections.ts'
import type { Route, TableProblem } from './route.ts'
import type { SnapshotMap } from './snapshot-map.ts'
import type { DeploymentView } from './upstreams.ts'

export interface RouteTableInput {
  readonly routes: readonly ModelRoute[]
  readonly deployments: readonly DeploymentView[]
  /** Providers by the names that routes use. */
  readonly providers: Readonly<Record<string, ModelProvider>>
  /** By protocol: the function that makes a provider for an endpoint. */
  readonly connect: Readonly<Record<string, Connect>>
}

export interface RouteTable {
  /** The routes in the order in which they were given first. */
  readonly routes: readonly Route[]
  /** The backends and the names that were left out, with the reasons. */
  readonly problems: readonly TableProblem[]
  /** Finds a route by one of its public names. Also accepts `default/name` for a route that declares no names. */
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

/** The table of these routes, by key and by name. Its lists are made when somebody asks for them. */
export function tableOf(compiled: SnapshotMap<CompiledRoute>, named: SnapshotMap<CompiledRoute>): RouteTable {
  let listed: readonly CompiledRoute[] | undefined
  const inOrder = (): readonly CompiledRoute[] => {
    listed ??= [...compiled.values()].sort((one, other) => one.order - other.order)
    return listed
  }
  let routes: readonly Route[] | undefined
  let problems: readonly TableProblem[] | undefined
  const ofDefault = (name: string): CompiledRoute | undefined => {
    if (!name.startsWith(defaultNamespace)) return undefined
    const found = named.get(name.slice(defaultNamespace.length))
    return found?.route.key === name ? found : undefined
  }
  return {
    get routes() {
      routes ??= inOrder().map(({ route }) => route)
      return routes
    },
    get problems() {
      problems ??= inOrder().flatMap((each) => [...takenNames(each, named), ...each.problems])
      return problems
    },
    find: (name) => (named.get(name) ?? ofDefault(name))?.route,
  }
}

const defaultNamespace = 'default/'

function takenNames(
  { route: { key, names } }: CompiledRoute,
  named: SnapshotMap<CompiledRoute>,
): readonly TableProblem[] {
  return names.flatMap((name) => {
    const holder = named.get(name)?.route.key
    if (holder === undefined || holder === key) return []
    const message = `the name "${name}" leads to route ${holder}, which was there first`
    return [{ route: key, part: `name ${name}`, reason: 'NameTaken' as const, message }]
  })
}
