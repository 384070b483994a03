import type { DeploymentTarget } from '../../deployment-target/contract.ts'
import { messageOf } from '../../errors.ts'
import type { ModelRegistry } from '../../registry/contract.ts'
import type { Key } from '../../resources/metadata.ts'
import type { KnownSecrets } from '../../rollout/shell/known-secrets.ts'
import type { ToldTarget } from '../../rollout/shell/told-target.ts'
import type { AuditLog, SecretStore } from '../../security/contract.ts'
import { memoryStore } from '../../store/memory-store.ts'
import { type TypedStore, typedStore } from '../../store/typed-store.ts'
import type { MetricSource } from '../../telemetry/contract.ts'
import type { ControlPlaneOptions } from '../options.ts'
import { paceOf } from '../pace.ts'
import { guardAudit } from './guards/guard-audit.ts'
import { guardMetrics } from './guards/guard-metrics.ts'
import { guardRegistry } from './guards/guard-registry.ts'
import { guardSecrets } from './guards/guard-secrets.ts'
import { guardStore } from './guards/guard-store.ts'
import { type GuardedTarget, guardTarget } from './guards/guard-target.ts'
import { makePartLine } from './guards/room/part-line.ts'
import { SharedAnswers } from './guards/shared/shared-answers.ts'
import { hideSecrets } from './hide-secrets.ts'
import type { RequestSide } from './request-side.ts'
import { resolveSecret } from './resolve-secret.ts'

type Named<Part> = Readonly<Record<string, Part>>

/** The parts that a plane was given, each behind its guard. */
export interface GuardedOptions {
  readonly store: TypedStore
  /** The error that hinders the store now, if any. */
  readonly storeFault: () => unknown
  readonly audit: AuditLog
  readonly secrets: Named<SecretStore>
  readonly metrics: Named<MetricSource>
  /** They refuse the loop's queries for which there is no room at once. */
  readonly metricsAtOnce: Named<MetricSource>
  readonly registries: Named<ModelRegistry>
  /** For calls of people. */
  readonly targets: Named<DeploymentTarget>
  /** For the loop: so many deployments at a time. */
  readonly loopTargets: Named<ToldTarget>
  /**
   * Whether the target has room for what a run of the deployment wants to send. The run has it until it ends.
   * Without room, the deployment is called back when there is some.
   */
  room(target: string, key: Key): boolean
  /**
   * A run begins. From now on, look-ups with this signal are those of the deployment. Whether the run was
   * called back because there is room for what it wants to send.
   */
  runs(key: Key, abortSignal: AbortSignal): boolean
  /** Lets every target release what keeps other processes out, within `limitMs`. Never rejects. */
  standDown(limitMs: number): Promise<void>
  /** Everything that the plane has to close. */
  readonly closables: readonly Closable[]
}

export interface Closable {
  close?(): Promise<void>
}

export function guardOptions(
  options: ControlPlaneOptions,
  { clock, logger, audit, parts, timeouts }: RequestSide,
  knownSecrets: KnownSecrets,
): GuardedOptions {
  const store = options.store ?? memoryStore({ clock })
  parts.limit(makePartLine)
  const storeGuard = parts.guard('store')
  const given: Named<DeploymentTarget> = options.targets ?? {}
  const targetGuards = mapped(given, (_target, name) => parts.guard('target', name))
  const pace = paceOf(options.pace)
  const together = { clock, togetherMs: pace.togetherMs, most: pace.mostTogether }
  const secrets = mapped<SecretStore, SecretStore>(options.secrets, (each, name) =>
    guardSecrets(parts.guard('secrets', name), each, timeouts),
  )
  const words = hideSecrets({ knownSecrets, secret: (reference) => resolveSecret(secrets, reference) })
  const targetsOf = (limited: boolean): Named<GuardedTarget> =>
    mapped(targetGuards, (guard, name) =>
      guardTarget(guard, given[name] as DeploymentTarget, timeouts, { limited, words, together }),
    )
  const targets = targetsOf(false)
  const metricGuards = mapped(options.metrics, (_source, name) => parts.guard('metrics', name))
  const metricsOf = (atOnce: boolean): Named<MetricSource> =>
    mapped(metricGuards, (guard, name) =>
      guardMetrics(guard, options.metrics?.[name] as MetricSource, timeouts, atOnce),
    )
  const running = new WeakMap<AbortSignal, Key>()
  return {
    store: typedStore(guardStore(storeGuard, store, timeouts)),
    storeFault: () => storeGuard.faults.newest,
    audit: guardAudit(parts.guard('audit'), audit, timeouts),
    secrets,
    metrics: metricsOf(false),
    metricsAtOnce: metricsOf(true),
    registries: mapped<ModelRegistry, ModelRegistry>(options.registries, (registry, name) =>
      guardRegistry(parts.guard('registry', name), registry, timeouts, {
        shared: new SharedAnswers(clock, pace.resolveLifeMs),
        deploymentOf: (abortSignal) => abortSignal && running.get(abortSignal),
      }),
    ),
    targets,
    loopTargets: targetsOf(true),
    room: (target, key) => targetGuards[target]?.rooms?.take(key) ?? true,
    runs(key, abortSignal) {
      running.set(abortSignal, key)
      let inRoom = false
      for (const { rooms } of Object.values(targetGuards)) inRoom = rooms?.begun(key) === true || inRoom
      return inRoom
    },
    async standDown(limitMs) {
      // A target may have two names, and stands down once.
      const byTarget = new Map(Object.entries(given).map(([name, target]) => [target, name]))
      await Promise.all(
        [...byTarget.values()].map((name) =>
          targets[name]?.standDown(limitMs).catch((error: unknown) => {
            logger.warn(
              { target: name, error: messageOf(error) },
              'a target holds on to what the next leader needs',
            )
          }),
        ),
      )
    },
    closables: [
      ...[options.registries, given, options.providers, options.secrets, options.metrics].flatMap(
        (each: Named<Closable> = {}) => Object.values(each),
      ),
      ...(options.policies ?? []),
      audit,
      store,
    ],
  }
}

/** A copy without inherited names, so that a resource that says `toString` finds no part of the plane. */
function mapped<Part, Other>(
  parts: Named<Part> = {},
  change: (part: Part, name: string) => Other,
): Named<Other> {
  const entries = Object.entries(parts).map(([name, part]) => [name, change(part, name)] as const)
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}
