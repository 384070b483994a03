import type { ObservedTarget, TargetWant } from '../../../../src/deployment-target/contract.ts'
import type { ModelVersion } from '../../../../src/registry/contract.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../src/resources/deployment/model-deployment.ts'
import type { Lease } from '../../../../src/store/contract.ts'
import type { TypedObject } from '../../../../src/store/typed-store.ts'
import type { Interruption } from './interruption.ts'
import type { GateMode } from './world.ts'

/** What one gate query was asked and how it was answered. */
export interface Reading {
  readonly metric: string
  readonly revision: string
  readonly fromMs: number
  readonly toMs: number
  readonly mode: GateMode
}

/** A call of `apply` or `destroy`. */
export interface Sent {
  readonly target: string
  readonly operationId: string
  readonly fence: number
  readonly store?: string
  /** Absent for `destroy`. */
  readonly want: TargetWant | undefined
}

/** Everything that one look of the loop was told and did. */
export class Run {
  /** Of the lease that the process held when the look began. */
  readonly fence: number
  readonly store: string
  readonly interruption: Interruption | undefined
  readonly calls: string[] = []
  /** The object as the look read it first. */
  read: TypedObject<'ModelDeployment'> | undefined
  /** The object as the look knows it: read, or written by itself. */
  known: TypedObject<'ModelDeployment'> | undefined
  /** The newest observation of each target. */
  readonly observed: Map<string, ObservedTarget> = new Map()
  /** What the registry answered; undefined when it was not asked or did not answer. */
  resolved: ModelVersion | undefined
  readonly readings: Reading[] = []
  readonly sent: Sent[] = []
  writes = 0
  /** A write was refused because another writer was quicker. */
  conflicted = false
  /** Another process has taken the lease since. */
  lost = false
  /** The clocks of the process have told it so. */
  knowsLost = false

  constructor({ fence, store }: Lease, interruption: Interruption | undefined) {
    this.fence = fence
    this.store = store
    this.interruption = interruption
  }

  get spec(): ModelDeploymentSpec {
    if (this.known?.resource.kind !== 'ModelDeployment') throw new Error('nothing was read yet')
    return this.known.resource.spec
  }

  get status(): DeploymentStatus | undefined {
    return this.known?.status
  }
}
