/**
 * What lives longer than a snapshot: the requests under way of a route, and what the calls to an upstream have
 * told. It is kept by the route's key and by the upstream's id, as long as a table names it or a call is under way.
 */

import type { AttemptRecord } from '../../telemetry/contract.ts'
import { isUpstreamFault } from '../../telemetry/request-metrics.ts'

/** Counts what is under way. */
export interface Load {
  readonly inFlight: number
  began(): void
  /** Exactly once for each `began`. */
  ended(): void
}

export type RouteLoad = Load

/** What the calls to an upstream have told. Strategies read it. */
export interface UpstreamState extends Load {
  /** How long whole replies take, in milliseconds, as a moving average. Undefined before the first reply. */
  readonly latencyMs: number | undefined
  /** How long a stream's first output takes, in milliseconds, as a moving average. */
  readonly firstOutputMs: number | undefined
  /** How many calls in a row the upstream has failed. */
  readonly failures: number
  learn(record: AttemptRecord): void
}

/** The weight of the newest value in a moving average. */
const newest = 0.2

class Kept implements Load {
  inFlight = 0
  /** How many routes of a table name it. */
  users = 0
  readonly #unused: () => void

  constructor(unused: () => void) {
    this.#unused = unused
  }

  began(): void {
    this.inFlight += 1
  }

  ended(): void {
    this.inFlight -= 1
    this.dropIfUnused()
  }

  dropIfUnused(): void {
    if (this.users === 0 && this.inFlight === 0) this.#unused()
  }
}

class KeptUpstream extends Kept implements UpstreamState {
  latencyMs: number | undefined
  firstOutputMs: number | undefined
  failures = 0

  learn({ outcome, code, durationMs, firstOutputMs }: AttemptRecord): void {
    if (outcome === 'failed' && isUpstreamFault(code)) this.failures += 1
    if (outcome !== 'ok') return
    this.failures = 0
    if (firstOutputMs === undefined) this.latencyMs = averaged(this.latencyMs, durationMs)
    else this.firstOutputMs = averaged(this.firstOutputMs, firstOutputMs)
  }
}

function averaged(average: number | undefined, value: number): number {
  return average === undefined ? value : average + newest * (value - average)
}

/** All loads of a table holder. */
export interface Loads {
  ofRoute(key: string): RouteLoad
  ofUpstream(id: string): UpstreamState
  /** One more route names it. */
  use(load: Load): void
  /** One route less names it. */
  letGo(load: Load): void
}

/** The maps are bounded by what the tables name and by the calls under way. */
export function createLoads(): Loads {
  const routes = new Map<string, Kept>()
  const upstreams = new Map<string, KeptUpstream>()
  return {
    ofRoute: (key) => keptIn(routes, key, (unused) => new Kept(unused)),
    ofUpstream: (id) => keptIn(upstreams, id, (unused) => new KeptUpstream(unused)),
    use(load) {
      if (load instanceof Kept) load.users += 1
    },
    letGo(load) {
      if (!(load instanceof Kept)) return
      load.users -= 1
      load.dropIfUnused()
    },
  }
}

function keptIn<Value>(map: Map<string, Value>, key: string, make: (unused: () => void) => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make(() => {
    if (map.get(key) === made) map.delete(key)
  })
  map.set(key, made)
  return made
}
