import { type ConnectionsOptions, createConnections } from './connections.ts'
import { buildRouteTable, type RouteTable, type RouteTableInput } from './table.ts'

/** Holds the snapshot that new requests use. A request under way keeps the snapshot that it began with. */
export interface RouteTableHolder {
  /** Undefined until the first `load`. */
  readonly current: RouteTable | undefined
  /** Builds a snapshot and makes it the current snapshot. */
  load(input: RouteTableInput): RouteTable
  /** Drops the snapshot and closes every connection that the holder made for its endpoints. */
  close(): Promise<void>
}

export function createRouteTableHolder(options: ConnectionsOptions): RouteTableHolder {
  const connections = createConnections(options)
  let current: RouteTable | undefined
  return {
    get current() {
      return current
    },
    load(input) {
      current = buildRouteTable({ ...input, connections })
      return current
    },
    async close() {
      current = undefined
      await connections.close()
    },
  }
}
