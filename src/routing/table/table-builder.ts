import { sameJson } from '../../json.ts'
import type { Key } from '../../resources/metadata.ts'
import { backendKey, type ModelRoute } from '../../resources/route/model-route.ts'
import { type CompiledRoute, compileRoute, usedBackends } from './compile-route.ts'
import type { Connections } from './connections.ts'
import type { Loads } from './load.ts'
import { NamedRoutes } from './named-routes.ts'
import { emptySnapshotMap } from './snapshot-map.ts'
import { type RouteTable, type RouteTableInput, tableOf } from './table.ts'
import type { DeploymentView } from './upstreams.ts'

/** Changed routes and deployments by key. What is undefined is gone. */
export interface RouteTableChanges {
  readonly routes: ReadonlyMap<Key, ModelRoute | undefined>
  readonly deployments: ReadonlyMap<Key, DeploymentView | undefined>
}

/**
 * Keeps what a table is made of. A change compiles only the routes that it concerns, so it costs the same at
 * any number of other routes. Its maps are keyed by declared resources.
 */
export class TableBuilder {
  /** How many routes were compiled so far. */
  compiled = 0
  readonly #connections: Connections
  readonly #loads: Loads
  readonly #parts: Pick<RouteTableInput, 'providers' | 'connect'>
  readonly #routes = new Map<Key, ModelRoute>()
  readonly #deployments = new Map<Key, DeploymentView>()
  /** By deployment: the routes that lead to it. */
  readonly #leadingTo = new Map<Key, Set<Key>>()
  #table = emptySnapshotMap<CompiledRoute>()
  readonly #names = new NamedRoutes((key) => this.#table.get(key))
  #order = 0

  constructor(parts: Pick<RouteTableInput, 'providers' | 'connect'>, connections: Connections, loads: Loads) {
    this.#parts = parts
    this.#connections = connections
    this.#loads = loads
  }

  /** Returns false when nothing has changed for requests. */
  change({ routes, deployments }: RouteTableChanges): boolean {
    const concerned = new Set<Key>()
    for (const [key, view] of deployments) {
      if (sameJson(this.#deployments.get(key), view)) continue
      if (view === undefined) this.#deployments.delete(key)
      else this.#deployments.set(key, view)
      for (const route of this.#leadingTo.get(key) ?? []) concerned.add(route)
    }
    for (const [key, route] of routes) {
      const before = this.#routes.get(key)
      if (before === route) continue
      for (const deployment of deploymentsOf(before)) this.#unlink(deployment, key)
      for (const deployment of deploymentsOf(route)) this.#link(deployment, key)
      if (route === undefined) this.#routes.delete(key)
      else this.#routes.set(key, route)
      concerned.add(key)
    }
    // What the routes used before is let go last, so that they keep the connections that they still need.
    const before: CompiledRoute[] = []
    for (const key of concerned) {
      const old = this.#table.get(key)
      if (old !== undefined) before.push(old)
      const route = this.#routes.get(key)
      const compiled = route && this.#compile(route, old)
      this.#table = compiled === undefined ? this.#table.without(key) : this.#table.with(key, compiled)
      this.#names.changed(key, old?.route.names ?? [], compiled?.route.names ?? [])
    }
    for (const old of before) this.#letGo(old)
    return concerned.size > 0
  }

  table(): RouteTable {
    return tableOf(this.#table, this.#names.routes)
  }

  /** Lets go of all connections and loads. */
  close(): void {
    for (const compiled of this.#table.values()) this.#letGo(compiled)
    this.#table = emptySnapshotMap()
  }

  #compile(route: ModelRoute, old: CompiledRoute | undefined): CompiledRoute {
    this.compiled += 1
    if (old === undefined) this.#order += 1
    const sources = {
      ...this.#parts,
      deployments: this.#deployments,
      connections: this.#connections,
      loads: this.#loads,
    }
    const compiled = compileRoute(route, sources, old?.order ?? this.#order)
    for (const connection of compiled.uses) this.#connections.use(connection)
    for (const load of compiled.loads) this.#loads.use(load)
    return compiled
  }

  #letGo({ uses, loads }: CompiledRoute): void {
    for (const connection of uses) this.#connections.letGo(connection)
    for (const load of loads) this.#loads.letGo(load)
  }

  #link(deployment: Key, route: Key): void {
    const leading = this.#leadingTo.get(deployment)
    if (leading === undefined) this.#leadingTo.set(deployment, new Set([route]))
    else leading.add(route)
  }

  #unlink(deployment: Key, route: Key): void {
    const leading = this.#leadingTo.get(deployment)
    leading?.delete(route)
    if (leading?.size === 0) this.#leadingTo.delete(deployment)
  }
}

function deploymentsOf(route: ModelRoute | undefined): readonly Key[] {
  if (route === undefined) return []
  const { backends, fallback } = usedBackends(route.spec)
  return [...backends, ...fallback].flatMap((backend) =>
    'deployment' in backend ? [backendKey(backend, route.metadata.namespace)] : [],
  )
}
