import type { Clock } from '../clock.ts'
import type { FeedbackOptions } from '../feedback/create-feedback.ts'
import type { PolicyEngine } from '../policy/contract.ts'
import type { ModelProvider } from '../provider/contract.ts'
import type { ModelRegistry } from '../registry/contract.ts'
import type { Endpoint } from '../resources/deployment/revision.ts'
import type { PlaneNames } from '../resources/plane-names.ts'
import type { AuditLog, SecretStore } from '../security/contract.ts'
import type { StateStore } from '../store/contract.ts'
import type { MetricSource, RequestObserver } from '../telemetry/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { DeclaredNames } from './declared-names.ts'

/**
 * What a plane is made of. Everything has a default that keeps state in memory, so that `createControlPlane({})` works;
 * names are those that resources refer to. The plane owns what it is given and closes it in `stop`.
 */
export interface ControlPlaneOptions<
  Registries extends string = string,
  Targets extends DeclaredNames['targets'] = DeclaredNames['targets'],
  Providers extends string = string,
  Policies extends string = string,
  Metrics extends string = string,
  Secrets extends string = string,
> {
  /** Default: in memory. */
  readonly store?: StateStore
  /** Default: in memory. */
  readonly audit?: AuditLog
  readonly registries?: Readonly<Record<Registries, ModelRegistry>>
  readonly targets?: Targets
  /** For routes that name a vendor, and for models that a vendor hosts. */
  readonly providers?: Readonly<Record<Providers, ModelProvider>>
  /** By protocol: makes the provider for a target's endpoint. */
  readonly connect?: Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>>
  readonly policies?: readonly PolicyEngine<Policies>[]
  /** Further sources that gates may name; `plane` is built in. */
  readonly metrics?: Readonly<Record<Metrics, MetricSource>>
  /** By scheme: `env` resolves `env:TOKEN`. */
  readonly secrets?: Readonly<Record<Secrets, SecretStore>>
  /** Bounds of what feedback remembers, and how a reply tells its prediction. */
  readonly feedback?: Omit<FeedbackOptions, 'clock'>
  /** Told of every request besides the plane's own windows and telemetry. */
  readonly observers?: readonly RequestObserver[]
  readonly clock?: Clock
  /** Default: says nothing. */
  readonly logger?: Logger
  /** Who this process is to the others, in leases. Default: a new name for each plane. */
  readonly name?: string
  /** How long a lease lives without renewal, in milliseconds; after a crash nobody reconciles for as long. Default 15,000. */
  readonly leaseMs?: number
  /** Deployments reconciled at the same time. Default 4. */
  readonly concurrency?: number
  /** Between looks at a deployment that nothing happens to, in milliseconds. Default 60,000. */
  readonly resyncMs?: number
  /** A policy engine that takes longer is an error, in milliseconds. Default 10,000. */
  readonly policyTimeoutMs?: number
}

/** What the resources of a plane with these options may refer to. */
export function namesOf(options: ControlPlaneOptions): PlaneNames {
  const { registries = {}, targets = {}, providers = {}, policies = [], metrics = {}, secrets = {} } = options
  return {
    registries: Object.keys(registries),
    targets: Object.keys(targets),
    providers: Object.keys(providers),
    policies: policies.map(({ name }) => name),
    metrics: [...Object.keys(metrics), 'plane'],
    secrets: Object.keys(secrets),
  }
}
