import type { Key } from '../../resources/metadata.ts'
import type { OperationName, RouteTranslation } from '../../resources/route/model-route.ts'
import type { ServerAddress, UpstreamIdentity } from '../../telemetry/contract.ts'
import type { Connection } from './connections.ts'
import type { RouteLoad, UpstreamState } from './load.ts'

/** One ModelRoute in a snapshot. Everything that a request needs is computed beforehand. */
export interface Route {
  readonly key: Key
  /** The names that callers write as the model. Another route may have taken one of them. */
  readonly names: readonly string[]
  readonly operations: readonly OperationName[]
  readonly limits: RouteLimits
  readonly onPolicyError: 'deny' | 'allow'
  readonly translation: Required<RouteTranslation>
  readonly plans: Plans
  /** The plans of streams. They hold only upstreams whose provider declares `streaming`. */
  readonly streamPlans: Plans
  /** The same object in every snapshot. */
  readonly load: RouteLoad
}

/** The times are milliseconds. */
export interface RouteLimits {
  readonly requestMs: number
  /** Whether the route declares `requestMs`. Then it bounds streams to their end, not only to their first output. */
  readonly isRequestDeclared: boolean
  /** Undefined: an equal share of the time that is left. */
  readonly attemptMs: number | undefined
  /** Undefined: an equal share of the time that is left. */
  readonly firstOutputMs: number | undefined
  readonly idleMs: number
  /** The most calls of one request. */
  readonly attempts: number
  /** The most requests at the same time. */
  readonly maxInFlight: number
}

/** One plan for each operation of the route, by the operation's name. */
export type Plans = Readonly<Record<string, RoutePlan>>

/** The upstreams for one operation. Backends that do not support it, or that have weight 0, are left out. */
export interface RoutePlan {
  readonly backends: readonly Choice[]
  /** In the order they are tried. */
  readonly fallback: readonly Choice[]
}

/** A backend with its upstreams: one upstream for a provider, or one per ready revision for a deployment. */
export interface Choice {
  /** Above 0, relative to the route's other backends. */
  readonly weight: number
  /** Never empty. */
  readonly upstreams: readonly Upstream[]
}

/** One address that can answer, and its identity. */
export interface Upstream {
  /**
   * The same in every snapshot, also when the upstream has moved to another address. What is known about an
   * upstream is kept by this id.
   */
  readonly id: string
  readonly identity: UpstreamIdentity
  /** The endpoint's address, or the one that the provider tells. */
  readonly address: string | undefined
  /** The server in `address`. */
  readonly server: ServerAddress | undefined
  readonly connection: Connection
  /** What the calls so far have told. The same object in every snapshot. */
  readonly state: UpstreamState
  /**
   * Above 0, relative to its siblings. The traffic of a revision that is not ready goes to its ready
   * siblings.
   */
  readonly weight: number
  readonly stable: boolean
  /**
   * Where the credentials come from. A call that fails with `auth` fails at every upstream with this source.
   */
  readonly source: string
  /**
   * Upstreams with the same value serve the same model. A context that is too long for one of them is too
   * long for all of them.
   */
  readonly modelIdentity: string
}

/** A part of a route that a snapshot leaves out, and the reason. */
export interface TableProblem {
  readonly route: Key
  /** The part as the route writes it: `deployment churn`, `provider openai`, `name gpt-4.1-mini`. */
  readonly part: string
  readonly reason:
    | 'NameTaken'
    | 'UnknownDeployment'
    | 'NoReadyRevision'
    | 'UnknownProvider'
    | 'UnknownProtocol'
    | 'ConnectFailed'
    | 'OperationUnsupported'
  readonly message: string
}
