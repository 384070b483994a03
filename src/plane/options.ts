import type { Clock } from '../clock.ts'
import type { FeedbackOptions } from '../feedback/create-feedback.ts'
import type { PolicyEngine } from '../policy/contract.ts'
import type { ModelProvider } from '../provider/contract.ts'
import type { ModelRegistry } from '../registry/contract.ts'
import type { Endpoint } from '../resources/deployment/revision.ts'
import type { PlaneNames } from '../resources/plane-names.ts'
import type { RouterOptions } from '../routing/router.ts'
import type { AuditLog, SecretStore } from '../security/contract.ts'
import type { StateStore } from '../store/contract.ts'
import type { ControlObserver, MetricSource, RequestObserver } from '../telemetry/contract.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { RequestTelemetryOptions } from '../telemetry/request-telemetry.ts'
import type { CallTimeouts } from './call-timeouts.ts'
import type { DeclaredNames } from './declared-names.ts'
import type { Pace } from './pace.ts'
import type { Rates } from './rates.ts'

/**
 * The parts of a plane. Each part has a default that keeps its state in memory, so `createControlPlane({})`
 * works. Resources refer to the parts by the names given here. The plane owns its parts and closes them in
 * `stop`.
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
  /** By protocol: a function that makes the provider for an endpoint of a target. */
  readonly connect?: Readonly<Record<string, (endpoint: Endpoint) => ModelProvider>>
  readonly policies?: readonly PolicyEngine<Policies>[]
  /** Metric sources that gates may name. The source `plane` is built in. */
  readonly metrics?: Readonly<Record<Metrics, MetricSource>>
  /** By scheme: `env` resolves `env:TOKEN`. */
  readonly secrets?: Readonly<Record<Secrets, SecretStore>>
  /** How the router chooses upstreams, what stands around its calls, how many there may be, and what they cost. */
  readonly routing?: Pick<
    RouterOptions,
    'strategy' | 'layers' | 'maxInFlightPerUpstream' | 'prices' | 'maxUsageNames'
  >
  /** The names and the attributes that OpenTelemetry gets. */
  readonly telemetry?: RequestTelemetryOptions
  /** How much feedback remembers, and how it finds the prediction in a reply. */
  readonly feedback?: Omit<FeedbackOptions, 'clock' | 'isKnown' | 'shared'>
  /**
   * Whether this process tells the other processes of its store what it measured, and judges by what they tell.
   * Its own numbers are then three seconds late for gates. Default: true for a store that other processes can
   * open and that passes measurements on, such as SQLite. Write `false` when only one process serves requests.
   */
  readonly shareMeasurements?: boolean
  /** Observers of requests and of the control side, in addition to the plane's own windows and telemetry. */
  readonly observers?: readonly (RequestObserver & ControlObserver)[]
  readonly clock?: Clock
  /** Default: a logger that writes nothing. */
  readonly logger?: Logger
  /** The name of this process in leases. Default: a new name for each plane. */
  readonly name?: string
  /**
   * Life of a lease without renewal, in milliseconds. After a crash, no process reconciles for this time.
   * Default 15,000.
   */
  readonly leaseMs?: number
  /**
   * How many deployments may have calls under way at one target, registry or metric source at the same time;
   * each part is counted for itself. Default 4. More deployments wait in the part's line. The loop reconciles
   * up to `concurrency` times one more than the number of these parts, besides those that wait in a line.
   */
  readonly concurrency?: number
  /**
   * Time between two reconciles of a deployment without events, in milliseconds. It becomes longer, up to
   * `pace.longestResyncMs`, when very many deployments stand still. Default 60,000.
   */
  readonly resyncMs?: number
  /** How often the loop looks at many deployments. What is left out has its default. */
  readonly pace?: Partial<Pace>
  /** How many calls a second single targets, registries and metric sources get. Default: any number. */
  readonly rates?: Rates
  /**
   * A watch of the store that tells nothing for so many milliseconds may have died: it is ended, another one
   * begins, and everything is read again. Default 10,000.
   */
  readonly watchIdleMs?: number
  /**
   * Milliseconds after which routers of other processes know of changed traffic. A revision that lost its
   * traffic, and what a deployment leaves or deletes, are removed at the earliest so long afterwards. Default:
   * 5,000 more than `watchIdleMs` when other processes can open the store, otherwise 0.
   */
  readonly routersLearnMs?: number
  /**
   * What becomes of something that a target lists and no deployment has there. `report` (default): `health()`
   * and the event `orphan-found` tell it. `remove`: it is removed when two sweeps in a row found it; a sweep
   * comes every ten minutes.
   */
  readonly orphans?: 'report' | 'remove'
  /** How long the plane waits for an answer of its parts. Limits that are left out have their defaults. */
  readonly timeouts?: Partial<CallTimeouts>
}

/** The names that resources of a plane with these options may use. */
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
