import { nextTurn } from '../../clock.ts'
import type { Key } from '../../resources/metadata.ts'
import { keyOf } from '../../resources/metadata.ts'
import type { ModelRoute } from '../../resources/route/model-route.ts'
import { type ConnectionsOptions, createConnections } from './connections.ts'
import { createLoads } from './load.ts'
import type { RouteTable, RouteTableInput } from './table.ts'
import { type RouteTableChanges, TableBuilder } from './table-builder.ts'
import type { DeploymentView } from './upstreams.ts'

/** Holds the snapshot that new requests use. A request under way keeps the snapshot that it began with. */
export interface RouteTableHolder {
  /** Undefined until the first `load` or `publish`. */
  readonly current: RouteTable | undefined
  /** Builds a table from nothing and makes it the current one. */
  load(input: RouteTableInput): RouteTable
  /**
   * Begins an empty table, which takes all changes from now on. Requests go on by the table before it, until
   * `publish`.
   */
  prepare(parts: Pick<RouteTableInput, 'providers' | 'connect'>): void
  /** Makes the prepared table the current one. */
  publish(): RouteTable
  /**
   * Changes the table. The next request sees the change, and so does every later one. All changes of a turn of
   * the event loop make one snapshot. A change costs what it concerns, however large the table is. Does nothing
   * before `prepare` or `load`.
   */
  change(changes: RouteTableChanges): void
  /** How many routes were compiled so far. */
  readonly compiledRoutes: number
  /**
   * Drops the table and closes every connection that the holder made for its endpoints. Calls under way on them may
   * finish; the time limits of their routes bound that.
   */
  close(): Promise<void>
}

export function createRouteTableHolder(options: ConnectionsOptions): RouteTableHolder {
  const connections = createConnections(options)
  const loads = createLoads()
  let current: RouteTable | undefined
  /** The builder of the current table, and the one that takes the changes. */
  let published: TableBuilder | undefined
  let builder: TableBuilder | undefined
  let compiledBefore = 0
  const routes = new Map<Key, ModelRoute | undefined>()
  const deployments = new Map<Key, DeploymentView | undefined>()

  const build = (): void => {
    if (builder === undefined || routes.size + deployments.size === 0) return
    const isChanged = builder.change({ routes, deployments })
    routes.clear()
    deployments.clear()
    if (isChanged && builder === published) current = builder.table()
  }
  const retire = (old: TableBuilder | undefined): void => {
    compiledBefore += old?.compiled ?? 0
    old?.close()
  }
  const holder: RouteTableHolder = {
    get current() {
      if (builder === published) build()
      return current
    },
    prepare(parts) {
      if (builder !== published) retire(builder)
      else build()
      builder = new TableBuilder(parts, connections, loads)
    },
    publish() {
      build()
      if (builder === undefined) throw new TypeError('there is no table to publish: call prepare first')
      if (builder !== published) {
        retire(published)
        published = builder
      }
      current = builder.table()
      return current
    },
    load({ routes: given, deployments: views, ...parts }) {
      holder.prepare(parts)
      holder.change({
        routes: new Map(given.map((route) => [keyOf(route.metadata), route])),
        deployments: new Map(views.map((view) => [view.key, view])),
      })
      return holder.publish()
    },
    change(changes) {
      if (builder === undefined) return
      const isFirst = routes.size + deployments.size === 0
      for (const [key, route] of changes.routes) routes.set(key, route)
      for (const [key, view] of changes.deployments) deployments.set(key, view)
      if (builder !== published) build()
      else if (isFirst) void nextTurn().then(build)
    },
    get compiledRoutes() {
      const other = published === builder ? 0 : (published?.compiled ?? 0)
      return compiledBefore + other + (builder?.compiled ?? 0)
    },
    async close() {
      current = undefined
      published = undefined
      builder = undefined
      await connections.close()
    },
  }
  return holder
}
