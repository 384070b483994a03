import type { Faults } from './faults.ts'
import type { CanaryStatus, ComponentStatus, FailureInfo, ServiceSpec } from './inference-service.ts'
import type { ModelProcess, ProcessState } from './model-process.ts'

export interface Timing {
  /** How long a model server needs until it is ready, or until it has failed. */
  readonly readyAfterMs: number
}

/** The servers of one InferenceService, from its creation to its deletion. */
export interface SimulatedService {
  /** Does what the declared state asks for, and tells what is there now. */
  step(declared: Declared, faults: Faults, nowMs: number): Simulated
}

/** KServe copies the service's annotations onto the templates of its servers. */
export interface Declared {
  readonly spec: ServiceSpec
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Simulated {
  /** The Knative Service or the stable Deployment: `observedGeneration` is copied from there. */
  readonly workload: Workload
  /** How many model servers were ever started. */
  readonly started: number
  readonly processes: readonly ModelProcess[]
  /** Of what the predictor declares. */
  readonly state: ProcessState
  readonly servedBefore: boolean
  readonly lastFailure: FailureInfo | undefined
  /** Which server gets which share of the requests to the service's address. */
  readonly shares: readonly Share[]
  readonly component: ComponentStatus
  /** Standard mode only. */
  readonly canaries?: readonly CanaryStatus[]
}

export interface Workload {
  readonly generation: number
  readonly sinceMs: number
}

export interface Share {
  readonly process: ModelProcess
  readonly percent: number
  /** In the address that reaches only this share. */
  readonly tag?: string
}
