import type { Key } from '../resources/metadata.ts'
import type { Operation } from '../resources/route/model-route.ts'
import type { UpstreamIdentity } from '../telemetry/contract.ts'
import type { Connection } from './connections.ts'

/** One ModelRoute in a snapshot: everything a request needs, worked out beforehand. */
export interface Route {
  readonly key: Key
  /** What callers write as the model: `name` in namespace `default`, else `namespace/name`. */
  readonly name: string
  readonly operations: readonly Operation[]
  readonly timeoutMs: number
  readonly onPolicyError: 'deny' | 'allow'
  readonly plans: Readonly<Partial<Record<Operation, RoutePlan>>>
}

/** Who may be asked for one operation; backends that cannot do it, or have no share, are left out. */
export interface RoutePlan {
  readonly backends: readonly Choice[]
  /** In the order they are tried. */
  readonly fallback: readonly Choice[]
}

/** A backend with its upstreams: one for a provider, one per ready revision for a deployment. */
export interface Choice {
  /** Above 0, relative to the route's other backends. */
  readonly weight: number
  /** Never empty. */
  readonly upstreams: readonly Upstream[]
}

/** One address that can answer, and who that is. */
export interface Upstream {
  readonly identity: UpstreamIdentity
  readonly connection: Connection
  /** Above 0, relative to its siblings: shares of revisions that are not ready fall to the others. */
  readonly weight: number
  readonly stable: boolean
  /** Where its credentials come from: what failed with `auth` here fails there too. */
  readonly source: string
  /** What counts as the same model: a context too long for one is too long for the other. */
  readonly modelIdentity: string
}

/** A backend that a snapshot leaves out, and why. */
export interface TableProblem {
  readonly route: Key
  /** As the route names it: `deployment churn`, `provider openai`. */
  readonly backend: string
  readonly reason:
    | 'UnknownDeployment'
    | 'NoReadyRevision'
    | 'UnknownProvider'
    | 'UnknownProtocol'
    | 'ConnectFailed'
    | 'OperationUnsupported'
  readonly message: string
}
