import type { Clock } from '../../clock.ts'
import type { ApplyResult } from '../../deployment-target/contract.ts'
import type { PromoteRequest } from '../../policy/contract.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { Result } from '../../reconcile/result.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { Approved, DeploymentStatus, EffectKind } from '../../resources/deployment/deployment-status.ts'
import type { ModelDeployment } from '../../resources/deployment/model-deployment.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Secret } from '../../security/contract.ts'
import type { TypedObject, TypedStore } from '../../store/typed-store.ts'
import type { MetricSource } from '../../telemetry/contract.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { UnreadGates } from '../gates/unread-gates.ts'
import type { Permit, RolloutEvent } from '../machine/machine-types.ts'
import type { KnownSecrets } from './known-secrets.ts'
import type { LookTimes } from './poll.ts'
import type { ToldTarget } from './told-target.ts'

/** Everything that the reconcile of a deployment calls. */
export interface ReconcilerOptions {
  readonly store: TypedStore
  readonly clock: Clock
  readonly logger: Logger
  readonly registries: Readonly<Record<string, ModelRegistry>>
  /** What they answer and throw is without secrets already. */
  readonly targets: Readonly<Record<string, ToldTarget>>
  readonly metrics: Readonly<Record<string, MetricSource>>
  /** Refuse a query with `overloaded` when it would have to wait in a line. Left out where none waits. */
  readonly metricsAtOnce?: Readonly<Record<string, MetricSource>>
  /** The gates whose source failed, which this process remembers. Left out: every source is always asked. */
  readonly unreadGates?: UnreadGates
  /** The measurements of the plane's own router; left out when no router runs. */
  readonly requests?: MetricSource
  /** The reasons why this plane cannot run a deployment; empty when it can. */
  check(deployment: ModelDeployment): readonly string[]
  /** Why routes that this plane serves could not call the wanted revision; undefined when they can. */
  checkCallable?(
    deployment: ModelDeployment,
    status: DeploymentStatus,
    desired: Revision | undefined,
  ): Promise<string | undefined>
  /** A route that refers to a deployment which is being deleted, if there is one. */
  usedBy?(key: Key): Promise<string | undefined>
  permit(request: PromoteRequest, approvals: readonly Approved[], abortSignal: AbortSignal): Promise<Permit>
  /**
   * Whether the target has room for what a run of the deployment wants to send. The run has it until it ends.
   * Without room, the deployment is called back when there is some. Left out where there is always room.
   */
  room?(target: string, key: Key): boolean
  secret(reference: string, abortSignal: AbortSignal): Promise<Secret>
  /** Learns the secrets that `secret` gives, so that nothing of them is shown that targets say. */
  readonly knownSecrets: KnownSecrets
  /** Called after an effect or an alias was sent, with the kind of its answer or `failed`. */
  sent(key: Key, effect: EffectKind | 'set-alias', result: ApplyResult['kind'] | 'failed'): void
  /**
   * Called after every write, with the events that were committed with it. `over` is the version that was replaced;
   * absent when the write removed the object.
   */
  committed(stored: TypedObject<'ModelDeployment'>, events: readonly RolloutEvent[], over?: string): void
  /** Milliseconds between two looks at a deployment to which nothing happens. */
  readonly resyncMs: number
  /**
   * Milliseconds between two looks at a deployment that has stood still for long: more than `resyncMs` when
   * there are very many. Default: `resyncMs`.
   */
  quietMs?(): number
  /**
   * Milliseconds after which routers of all processes know of changed traffic. Left out when no other process
   * routes.
   */
  readonly routersLearnMs?: number
}

/** How often deployments are looked at now. */
export function lookTimes({ resyncMs, quietMs }: Pick<ReconcilerOptions, 'resyncMs' | 'quietMs'>): LookTimes {
  return { resyncMs, quietMs: Math.max(resyncMs, quietMs?.() ?? resyncMs) }
}

/** The lease and the `abortSignal` of one run. */
export interface ReconcileContext {
  readonly held: HeldLease
  readonly abortSignal: AbortSignal
  /** The deployment was called back, because its target has room now for what is due. */
  readonly inRoom?: boolean
}

export type ReconcileDeployment = (key: Key, context: ReconcileContext) => Promise<Result>
