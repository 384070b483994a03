import type { Clock } from '../../clock.ts'
import type { ApplyResult, DeploymentTarget } from '../../deployment-target/contract.ts'
import type { PromoteRequest } from '../../policy/contract.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { Result } from '../../reconcile/result.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { Approved, EffectKind } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Secret } from '../../security/contract.ts'
import type { StateStore, StoredObject } from '../../store/contract.ts'
import type { MetricSource } from '../../telemetry/contract.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Permit, RolloutEvent } from '../machine/machine-types.ts'
import type { KnownSecrets } from './known-secrets.ts'

/** All that a deployment's reconcile talks to. */
export interface ReconcilerOptions {
  readonly store: StateStore
  readonly clock: Clock
  readonly logger: Logger
  readonly registries: Readonly<Record<string, ModelRegistry>>
  readonly targets: Readonly<Record<string, DeploymentTarget>>
  readonly metrics: Readonly<Record<string, MetricSource>>
  /** What our own router measures; left out where none runs. */
  readonly requests?: MetricSource
  /** Why a deployment cannot be run by this plane; empty when it can. */
  check(deployment: ModelDeployment): readonly string[]
  permit(request: PromoteRequest, approvals: readonly Approved[], abortSignal: AbortSignal): Promise<Permit>
  secret(reference: string, abortSignal: AbortSignal): Promise<Secret>
  /** Where what `secret` gave is remembered, so that targets cannot quote it. */
  readonly knownSecrets: KnownSecrets
  /** Told after an effect was sent, with the kind of its answer or `failed`. */
  sent(key: Key, effect: EffectKind, result: ApplyResult['kind'] | 'failed'): void
  /** Told after every write, with the events that were committed with it. */
  committed(stored: StoredObject, events: readonly RolloutEvent[]): void
  /** Between looks at a deployment that nothing happens to, in milliseconds. */
  readonly resyncMs: number
}

/** What a reconcile is given for its run. */
export interface ReconcileContext {
  readonly held: HeldLease
  readonly abortSignal: AbortSignal
}

export type ReconcileDeployment = (key: Key, context: ReconcileContext) => Promise<Result>
