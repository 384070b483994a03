import { messageOf } from '../../errors.ts'
import { decideAll } from '../../policy/decide-all.ts'
import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import type { Key } from '../../resources/metadata.ts'
import { loopActor } from '../../rollout/machine/moves/rollback.ts'
import { type Fault, faultOf } from '../../rollout/shell/fault.ts'
import { createKnownSecrets } from '../../rollout/shell/known-secrets.ts'
import { createDeploymentReconciler } from '../../rollout/shell/reconcile-deployment.ts'
import type { StoredObject } from '../../store/contract.ts'
import { memoryStore } from '../../store/memory-store.ts'
import { combineSources } from '../../telemetry/combine-sources.ts'
import { openTelemetryLoaded } from '../../telemetry/open-telemetry.ts'
import { checkDeployable } from '../calls/check-deployable.ts'
import type { ControlContext, PlaneFact } from '../control-context.ts'
import { type PlaneEvents, tell } from '../events.ts'
import { type PlaneHealth, planeFault } from '../health.ts'
import { type ControlPlaneOptions, namesOf } from '../options.ts'
import { type AuditPump, createAuditPump } from './audit-pump.ts'
import { createLeaderWork, type LeaderWork } from './leader-work.ts'
import { notedStore } from './noted-store.ts'
import { permitPromotion } from './promotion.ts'
import type { RequestSide } from './request-side.ts'
import { resolveSecret } from './resolve-secret.ts'
import { createRouteFeed, type RouteFeed } from './route-feed.ts'

/** The parts behind a plane's calls, wired to each other. */
export interface WiredControl {
  readonly context: ControlContext
  readonly feed: RouteFeed
  readonly work: LeaderWork
  /** The fault of this process's last reconcile of a deployment, or the fault of the store. */
  faultOf(key: Key): Fault | undefined
  health(): PlaneHealth
  start(): Promise<void>
  /** Ends all running work, then closes all parts of the plane. */
  stop(drainMs: number): Promise<void>
}

export function wireControl(options: ControlPlaneOptions, requestSide: RequestSide): WiredControl {
  const { clock, logger, audit, windows, feedback, emitter, holder, telemetry, policies, policyOptions } =
    requestSide
  const store = notedStore(options.store ?? memoryStore({ clock }), clock)
  const registries = byName(options.registries)
  const targets = byName(options.targets)
  const providers = byName(options.providers)
  const secrets = byName(options.secrets)
  const connect = byName(options.connect)
  const { resyncMs = 60_000 } = options
  const metrics = byName({ ...options.metrics, plane: combineSources([windows, feedback]) })
  /** The fault of this process's last reconcile, by deployment. Its keys are declared deployments. */
  const faults = new Map<Key, Fault>()
  /**
   * The version that our own loop wrote last, by deployment: it needs no new look. Its keys are declared
   * deployments.
   */
  const ownVersions = new Map<Key, string>()
  const following = new AbortController()
  let stopping = false

  const say = <Name extends keyof PlaneEvents>(name: Name, ...told: Parameters<PlaneEvents[Name]>): void =>
    tell(emitter, name, told, (error) =>
      logger.error({ event: name, error: messageOf(error) }, 'a listener failed'),
    )
  const announce = (stored: StoredObject, facts: readonly PlaneFact[]): void => {
    const { kind, key, generation } = stored
    for (const { action, details, actor = loopActor } of facts) {
      const event = { action, kind, key, generation, atMs: clock.now(), actor, details }
      say(action, event)
      say('event', event)
    }
    if (facts.length > 0) pump.nudge()
  }
  const context: ControlContext = {
    names: namesOf(options),
    protocols: [...Object.keys(connect), ...Object.keys(providers)],
    store,
    clock,
    logger,
    registries,
    targets,
    metrics,
    secrets,
    knownSecrets: createKnownSecrets(),
    policies,
    decide: async (request) => decideAll(policies, request, policyOptions),
    permit: (request, approvals, abortSignal) =>
      permitPromotion(policies, request, approvals, {
        ...policyOptions,
        ...(abortSignal !== undefined && { abortSignal }),
      }),
    committed(stored, facts) {
      announce(stored, facts)
      if (stored.kind === 'ModelDeployment') work.nudge(stored.key)
    },
  }
  const work = createLeaderWork({
    context,
    reconcile: createDeploymentReconciler({
      ...context,
      requests: windows,
      check: (deployment) => checkDeployable(context, deployment),
      secret: (reference, abortSignal) => resolveSecret(secrets, reference, abortSignal),
      sent: (key, effect, result) => telemetry.recordEffect({ key, effect, result }),
      committed(stored, events) {
        ownVersions.set(stored.key, stored.version)
        announce(stored, events)
      },
      resyncMs,
    }),
    holder: options.name ?? clock.id(),
    leaseMs: options.leaseMs ?? 15_000,
    concurrency: options.concurrency ?? 4,
    resyncMs,
    gained() {
      pump.nudge()
      say('lease-gained')
    },
    lost: () => say('lease-lost'),
    stoodDown: async () => {
      for (const target of new Set(Object.values(targets))) {
        await target.standDown?.().catch((error: unknown) => {
          logger.warn({ error: messageOf(error) }, 'a target holds on to what the next leader needs')
        })
      }
    },
    beforeRelease: () =>
      pump
        .drain()
        .catch((error) => logger.error({ error: messageOf(error) }, 'audit events wait in the store')),
    finished({ key, result, durationMs }) {
      telemetry.recordReconcile({ key, result: result.kind, durationMs })
      const cause = result.kind === 'done' ? undefined : result.cause
      if (cause === undefined) faults.delete(key)
      else faults.set(key, faultOf(cause))
      if (result.kind === 'done') ownVersions.delete(key)
    },
  })
  const pump: AuditPump = createAuditPump({
    store,
    audit,
    clock,
    logger,
    fence: () => {
      const held = work.held()
      return held && { lease: held.name, fence: held.fence }
    },
  })
  const feed = createRouteFeed({
    store,
    holder,
    providers,
    connect,
    clock,
    logger,
    changed({ kind, key, version, status }) {
      if (kind === 'ModelDeployment') {
        telemetry.recordPhase(key, (status as DeploymentStatus | undefined)?.rollout.phase ?? 'unseen')
        if (ownVersions.get(key) === version) return
        work.nudge(key)
      }
      // Another process may have written the object with an event, and only the holder of the lease carries
      // events on.
      pump.nudge()
    },
    gone(kind, key) {
      pump.nudge()
      if (kind !== 'ModelDeployment') return
      faults.delete(key)
      ownVersions.delete(key)
      telemetry.recordPhase(key, undefined)
    },
  })
  requestSide.watchQueue(() => work.queue.size)

  return {
    context,
    feed,
    work,
    faultOf: (key) => faults.get(key) ?? (store.fault === undefined ? undefined : faultOf(store.fault)),
    health: () => ({
      leading: work.held() !== undefined,
      queued: work.queue.size,
      faults: [
        ...(store.fault === undefined ? [] : [planeFault('store', store.fault)]),
        ...(pump.fault === undefined ? [] : [planeFault('audit', pump.fault)]),
      ],
    }),
    async start() {
      await openTelemetryLoaded()
      await feed.load()
      if (stopping) return
      void feed.follow(following.signal)
      work.start()
    },
    async stop(drainMs) {
      stopping = true
      await work.stop(drainMs)
      pump.stop()
      following.abort()
      await holder.close()
      const given = [registries, targets, providers, secrets, options.metrics ?? {}].flatMap((each) =>
        Object.values<Closable>(each),
      )
      await closeAll([...given, ...(options.policies ?? []), audit, store])
      emitter.removeAllListeners()
    },
  }
}

interface Closable {
  close?(): Promise<void>
}

/** Closes all of them, although some may fail. Throws the first failure. */
async function closeAll(closables: readonly Closable[]): Promise<void> {
  const failures: unknown[] = []
  for (const closable of new Set(closables)) {
    try {
      await closable.close?.()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** A copy without inherited names, so that a resource that says `toString` finds no part of the plane. */
function byName<Part>(parts: Readonly<Record<string, Part>> = {}): Readonly<Record<string, Part>> {
  return Object.assign(Object.create(null), parts)
}
