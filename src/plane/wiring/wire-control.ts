import { messageOf } from '../../errors.ts'
import { decideAll } from '../../policy/decide-all.ts'
import { createBackoff } from '../../reconcile/backoff.ts'
import { priorities } from '../../reconcile/priority.ts'
import type { Key } from '../../resources/metadata.ts'
import { loopActor } from '../../rollout/machine/moves/rollback.ts'
import { type Fault, faultOf } from '../../rollout/shell/fault.ts'
import { createKnownSecrets } from '../../rollout/shell/known-secrets.ts'
import { createDeploymentReconciler } from '../../rollout/shell/reconcile-deployment.ts'
import type { StoredObject } from '../../store/contract.ts'
import { combineSources } from '../../telemetry/combine-sources.ts'
import { openTelemetryLoaded } from '../../telemetry/open-telemetry.ts'
import { checkDeployable } from '../calls/check-deployable.ts'
import { routeTo } from '../calls/route-to.ts'
import type { ControlContext, PlaneFact } from '../control-context.ts'
import { type PlaneEvents, tell } from '../events.ts'
import { newerFaults, orphanFaults, type PlaneHealth, planeFault, unreadableFaults } from '../health.ts'
import { type ControlPlaneOptions, namesOf } from '../options.ts'
import { paceOf, quietMs } from '../pace.ts'
import { type AuditPump, createAuditPump } from './audit-pump.ts'
import { closeParts } from './close-parts.ts'
import { guardOptions } from './guard-options.ts'
import { createLeaderWork, type LeaderWork } from './leader-work.ts'
import { createOrphanSweep, followOrphans } from './orphans.ts'
import { permitPromotion } from './promotion.ts'
import { defaultConcurrency, type RequestSide } from './request-side.ts'
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

/** At a stop with so short a `drainMs` that nothing may be left of it, parts still have this long to close. */
const leastCloseMs = 100
const shortDrainMs = 1000

export function wireControl(options: ControlPlaneOptions, requestSide: RequestSide): WiredControl {
  const { clock, logger, windows, feedback, emitter, holder, telemetry, parts } = requestSide
  const { policies, policyOptions } = requestSide
  const knownSecrets = createKnownSecrets()
  const guarded = guardOptions(options, requestSide, knownSecrets)
  const { store, audit, registries, targets, secrets } = guarded
  const providers = byName(options.providers)
  const connect = byName(options.connect)
  const { resyncMs = 60_000, concurrency = defaultConcurrency } = options
  const pace = paceOf(options.pace)
  const metrics = byName({ ...guarded.metrics, plane: combineSources([windows, feedback]) })
  /** The fault of this process's last reconcile, by deployment. Its keys are declared deployments. */
  const faults = new Map<Key, Fault>()
  /**
   * The version that this process wrote last, by deployment. Its look was asked for with the write, so it
   * needs no other one when the watch shows it. Its keys are declared deployments.
   */
  const ownVersions = new Map<Key, string>()
  /** A deployment that fails again after it was called back waits longer the next time. */
  const calledBack = createBackoff<Key>({ clock, baseMs: 1000 })
  const following = new AbortController()
  let stopping = false

  const say = <Name extends keyof PlaneEvents>(name: Name, ...told: Parameters<PlaneEvents[Name]>): void =>
    tell(emitter, name, told, (error) =>
      logger.error({ event: name, error: messageOf(error) }, 'a listener failed'),
    )
  const forgetFault = (key: Key): void => {
    faults.delete(key)
    calledBack.forget(key)
  }
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
    knownSecrets,
    policies,
    decide: async (request) => decideAll(policies, request, policyOptions),
    permit: (request, approvals, abortSignal) =>
      permitPromotion(policies, request, approvals, {
        ...policyOptions,
        ...(abortSignal !== undefined && { abortSignal }),
      }),
    committed(stored, facts) {
      announce(stored, facts)
      if (stored.kind !== 'ModelDeployment') return
      ownVersions.set(stored.key, stored.version)
      work.nudge(stored.key)
    },
  }
  const reconcile = createDeploymentReconciler({
    ...context,
    targets: guarded.loopTargets,
    room: guarded.room,
    requests: windows,
    check: (deployment) => checkDeployable(context, deployment),
    secret: (reference, abortSignal) => resolveSecret(secrets, reference, abortSignal),
    usedBy: (key) => routeTo(store, key),
    sent: (key, effect, result) => telemetry.recordEffect({ key, effect, result }),
    committed(stored, events) {
      ownVersions.set(stored.key, stored.version)
      announce(stored, events)
    },
    resyncMs,
    quietMs: () => quietMs(pace, resyncMs, work.queue.known),
  })
  const work = createLeaderWork({
    context,
    reconcile(key, run) {
      guarded.runs(key, run.abortSignal)
      return reconcile(key, run)
    },
    holder: options.name ?? clock.id(),
    leaseMs: options.leaseMs ?? 15_000,
    concurrency: concurrency * (1 + countOf(targets, registries, guarded.metrics)),
    resyncMs,
    gained(abortSignal) {
      pump.nudge()
      void followOrphans(orphans, clock, abortSignal)
      say('lease-gained')
    },
    lost() {
      orphans.forget()
      say('lease-lost')
    },
    stoodDown: guarded.standDown,
    standDownMs: requestSide.timeouts.standDownMs,
    beforeRelease: () =>
      pump
        .drain()
        .catch((error) => logger.error({ error: messageOf(error) }, 'audit events wait in the store')),
    finished({ key, result, durationMs }) {
      telemetry.recordReconcile({ key, result: result.kind, durationMs })
      const cause = result.kind === 'done' ? undefined : result.cause
      if (cause === undefined) forgetFault(key)
      else faults.set(key, faultOf(cause))
      if (result.kind === 'done') {
        ownVersions.delete(key)
        parts.forget(key)
      } else parts.ended(key)
    },
    raised: (key, priority) => parts.raised(key, priority),
  })
  parts.connect({
    priorityOf: (key) => work.queue.priorityOf(key) ?? priorities.drift,
    aside: (key) => work.aside(key),
    callBack(key, priority) {
      if (work.leads()) work.queue.add(key, { priority })
      return work.leads()
    },
    callBackFailed() {
      for (const key of faults.keys()) work.queue.add(key, { afterMs: calledBack.next(key) })
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
        telemetry.recordPhase(key, status?.rollout.phase ?? 'unseen')
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
      forgetFault(key)
      ownVersions.delete(key)
      parts.forget(key)
      telemetry.recordPhase(key, undefined)
    },
  })
  const orphans = createOrphanSweep({
    store,
    targets,
    audit,
    clock,
    logger,
    mode: options.orphans ?? 'report',
    held: () => work.held(),
    found: (orphan) => say('orphan-found', orphan),
  })
  requestSide.watchQueue(() => work.queue.size)

  return {
    context,
    feed,
    work,
    faultOf(key) {
      const storeFault = guarded.storeFault()
      return faults.get(key) ?? (storeFault === undefined ? undefined : faultOf(storeFault))
    },
    health: () => ({
      leading: work.held() !== undefined,
      queued: work.queue.size,
      faults: [
        ...parts.faults().filter(({ part }) => part !== 'audit' || pump.fault === undefined),
        ...(pump.fault === undefined ? [] : [planeFault({ part: 'audit' }, pump.fault)]),
        ...unreadableFaults(store),
        ...newerFaults(store),
        ...orphanFaults(orphans.orphans),
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
      const begunMs = clock.monotonic()
      await work.stop(drainMs)
      pump.stop()
      following.abort()
      const leftMs = drainMs - (clock.monotonic() - begunMs)
      const limitMs = drainMs < shortDrainMs ? Math.max(leastCloseMs, leftMs) : leftMs
      try {
        await closeParts([holder, ...guarded.closables], { clock, logger, limitMs })
      } finally {
        parts.close()
        emitter.removeAllListeners()
      }
    },
  }
}

function countOf(...lists: readonly object[]): number {
  return lists.reduce((count, list) => count + Object.keys(list).length, 0)
}

/** A copy without inherited names, so that a resource that says `toString` finds no part of the plane. */
function byName<Part>(parts: Readonly<Record<string, Part>> = {}): Readonly<Record<string, Part>> {
  return Object.assign(Object.create(null), parts)
}
