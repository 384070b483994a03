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

/** The table of these routes, by key. Its lists are made when somebody asks for them. */
export function tableOf(compiled: SnapshotMap<CompiledRoute>): RouteTable {
  let listed: readonly CompiledRoute[] | undefined
  const inOrder = (): readonly CompiledRoute[] => {
    listed ??= [...compiled.values()].sort((one, other) => one.order - other.order)
    return listed
  }
  let routes: readonly Route[] | undefined
  let problems: readonly TableProblem[] | undefined
  return {
    get routes() {
      routes ??= inOrder().map(({ route }) => route)
      return routes
    },
    get problems() {
      problems ??= inOrder().flatMap((each) => each.problems)
      return problems
    },
    // Names contain no `/`, so no two routes share a public name.
    find: (name) => compiled.get(name.includes('/') ? name : `default/${name}`)?.route,
  }
}
