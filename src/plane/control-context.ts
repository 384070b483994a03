import type { Clock } from '../clock.ts'
import type { DeploymentTarget } from '../deployment-target/contract.ts'
import type { Decision, PolicyEngine, PolicyRequest, PromoteRequest } from '../policy/contract.ts'
import type { ModelProvider } from '../provider/contract.ts'
import type { ModelRegistry } from '../registry/contract.ts'
import type { Approved } from '../resources/deployment/deployment-status.ts'
import type { Key } from '../resources/metadata.ts'
import type { PlaneNames } from '../resources/plane-names.ts'
import type { Permit, RolloutEvent } from '../rollout/machine/machine-types.ts'
import type { KnownSecrets } from '../rollout/shell/known-secrets.ts'
import type { StoredObject } from '../store/contract.ts'
import type { TypedStore } from '../store/typed-store.ts'
import type { MetricSource } from '../telemetry/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { PlaneAction } from './events.ts'

/** An event without the identity of its resource. */
export type PlaneFact = Pick<RolloutEvent, 'details' | 'actor'> & { readonly action: PlaneAction }

/** The public names of the routes that are stored. */
export interface RouteNames {
  /** Another route that has the name, as it is stored now. */
  takenBy(name: string, route: Key): Promise<Key | undefined>
  /** Runs a change of a route after the earlier ones that want one of its names. */
  inTurn<Answer>(names: readonly string[], change: () => Promise<Answer>): Promise<Answer>
}

/** The parts that the plane's calls share. */
export interface ControlContext {
  /** The names that resources may use. */
  readonly names: PlaneNames
  /** Protocols that the plane's router speaks: those of `connect`, and the names of the providers. */
  readonly protocols: readonly string[]
  /** Whom routes may name. */
  readonly providers: Readonly<Record<string, ModelProvider>>
  readonly store: TypedStore
  readonly clock: Clock
  readonly logger: Logger
  readonly registries: Readonly<Record<string, ModelRegistry>>
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly metrics: Readonly<Record<string, MetricSource>>
  readonly secrets: Readonly<Record<string, unknown>>
  readonly knownSecrets: KnownSecrets
  readonly routeNames: RouteNames
  readonly policies: readonly PolicyEngine[]
  /** Asks all engines and combines their answers. */
  decide(request: PolicyRequest): Promise<Decision>
  /** Tells whether a revision may be created, or may get a weight. */
  permit(request: PromoteRequest, approvals: readonly Approved[], abortSignal?: AbortSignal): Promise<Permit>
  /** Called after a write that a person asked for. */
  committed(stored: StoredObject, facts: readonly PlaneFact[]): void
}
