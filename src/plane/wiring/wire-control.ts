import { priorities } from '../../reconcile/priority.ts'
import type { AddOptions } from '../../reconcile/queue.ts'
import type { Key } from '../../resources/metadata.ts'
import { type Fault, faultOf } from '../../rollout/shell/fault.ts'
import { createKnownSecrets } from '../../rollout/shell/known-secrets.ts'
import { createDeploymentReconciler } from '../../rollout/shell/reconcile-deployment.ts'
import { openTelemetryLoaded } from '../../telemetry/open-telemetry.ts'
import { checkCallable } from '../calls/check-callable.ts'
import { checkDeployable } from '../calls/check-deployable.ts'
import { routeTo } from '../calls/route-to.ts'
import type { ControlContext } from '../control-context.ts'
import { newerFaults, orphanFaults, type PlaneHealth, planeFault, unreadableFaults } from '../health.ts'
import type { ControlPlaneOptions } from '../options.ts'
import { paceOf, quietMs } from '../pace.ts'
import { type AuditWork, createAuditWork } from './audit/audit-work.ts'
import { closeParts } from './close-parts.ts'
import { byName, contextOf, routedBy } from './context-of.ts'
import { guardOptions } from './guard-options.ts'
import { createLeaderWork, type LeaderWork } from './leader-work.ts'
import { measurementExchange } from './measurement-exchange.ts'
import { createOrphanSweep, followOrphans } from './orphans.ts'
import { defaultConcurrency, type RequestSide } from './request-side.ts'
import { resolveSecret } from './resolve-secret.ts'
import { createRunMemory } from './run-memory.ts'
import { createCommitListeners } from './stored/commit-listeners.ts'
import { createModelsInUse } from './stored/models-in-use.ts'
import { announces, countsPhases, nudgesPump, wakesLoop } from './stored/reactions.ts'
import { createRouteNames } from './stored/route-names.ts'
import { createRoutesFromStore } from './stored/routes-from-store.ts'
import { createStoreWatch, type StoreWatch } from './stored/store-watch.ts'
import { createWaitBoard, type WaitBoard } from './stored/wait-board.ts'

/** The parts behind a plane's calls, wired to each other. */
export interface WiredControl {
  readonly context: ControlContext
  readonly watch: StoreWatch
  readonly work: LeaderWork
  readonly audit: Pick<AuditWork, 'verify' | 'continueAfterLoss'>
  readonly waits: WaitBoard
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

/** A router has read everything so many milliseconds after it began to suspect its watch. */
const surelyReadMs = 5000

export function wireControl(options: ControlPlaneOptions, requestSide: RequestSide): WiredControl {
  const { clock, logger, windows, emitter, say, holder, telemetry, parts } = requestSide
  const { resyncMs = 60_000, concurrency = defaultConcurrency, watchIdleMs = 10_000 } = options
  const knownSecrets = createKnownSecrets()
  const guarded = guardOptions(options, requestSide, knownSecrets)
  const { store, audit, targets } = guarded
  const pace = paceOf(options.pace)
  const listeners = createCommitListeners()
  const memory = createRunMemory(clock)
  const models = createModelsInUse()
  const routeNames = createRouteNames(store)
  const following = new AbortController()
  /** The holder of its leases. */
  const processName = options.name ?? clock.id()
  const leaseMs = options.leaseMs ?? 15_000
  const standingMs = (): number => quietMs(pace, resyncMs, work.queue.known)
  let stopping = false

  const context = contextOf(options, requestSide, guarded, {
    knownSecrets,
    routeNames,
    committed: (stored, facts) => listeners.committed(stored, { facts, by: 'person' }),
  })
  const reconcile = createDeploymentReconciler({
    ...context,
    targets: guarded.loopTargets,
    metricsAtOnce: byName({ ...context.metrics, ...guarded.metricsAtOnce }),
    room: guarded.room,
    requests: windows,
    check: (deployment) => checkDeployable(context, deployment),
    checkCallable: (...wanted) => checkCallable(context, ...wanted),
    secret: (reference, abortSignal) => resolveSecret(guarded.secrets, reference, abortSignal),
    usedBy: (key) => routeTo(store, key),
    sent: (key, effect, result) => telemetry.effectSent({ key, effect, result }),
    committed(stored, facts, over) {
      if (over !== undefined) watch.wrote({ over, stored })
      listeners.committed(stored, { facts, by: 'loop' })
    },
    resyncMs,
    routersLearnMs: options.routersLearnMs ?? (store.capabilities.shared ? watchIdleMs + surelyReadMs : 0),
    quietMs: standingMs,
  })
  const work = createLeaderWork({
    context,
    reconcile: (key, { held, abortSignal }) =>
      reconcile(key, { held, abortSignal, inRoom: guarded.runs(key, abortSignal) }),
    holder: processName,
    leaseMs,
    concurrency: concurrency * (1 + countOf(targets, guarded.registries, guarded.metrics)),
    resyncMs,
    gained(abortSignal) {
      void followOrphans(orphans, clock, abortSignal)
      say('lease-gained')
    },
    lost() {
      orphans.forget()
      parts.nobodyComes()
      say('lease-lost')
    },
    usersOf: models.usersOf,
    stoodDown: guarded.standDown,
    standDownMs: requestSide.timeouts.standDownMs,
    beforeRelease: () => pump.once(),
    finished(run) {
      telemetry.reconciled({ key: run.key, result: run.result.kind, durationMs: run.durationMs })
      memory.finished(run)
      if (run.result.kind === 'done') parts.forget(run.key)
      else parts.ended(run.key)
    },
    raised: (key, priority) => parts.raised(key, priority),
  })
  const called = (key: Key, how: AddOptions): boolean => {
    if (work.leads()) work.queue.add(key, how)
    return work.leads()
  }
  parts.connect({
    priorityOf: (key) => work.queue.priorityOf(key) ?? priorities.drift,
    aside: (key) => work.aside(key),
    callBack: (key, priority) => called(key, { priority }),
    callFirst: (key, priority) => called(key, { priority, first: true }),
    callBackFailed: () => memory.callBackFailed(work.queue),
  })
  const pump = createAuditWork({ store, audit, clock, logger, holder: processName, leaseMs })
  const orphans = createOrphanSweep({
    store,
    targets,
    clock,
    logger,
    mode: options.orphans ?? 'report',
    held: () => work.held(),
    recorded: () => pump.nudge(),
    found: (orphan) => say('orphan-found', orphan),
  })
  const { providers, connect } = routedBy(options)
  const waits = createWaitBoard()
  listeners.add(
    announces(say, clock),
    memory,
    requestSide.known,
    models,
    routeNames,
    createRoutesFromStore({ holder, providers, connect }),
    waits,
    countsPhases(telemetry),
    wakesLoop(work, memory),
    nudgesPump(pump, memory),
    { gone: (kind, key) => void (kind === 'ModelDeployment' && parts.forget(key)) },
  )
  const watch = createStoreWatch({ store, listeners, clock, logger, idleMs: watchIdleMs })
  requestSide.watchQueue(() => work.queue.size)
  const exchange = measurementExchange(store, requestSide)

  return {
    context,
    watch,
    work,
    audit: pump,
    waits,
    faultOf(key) {
      const storeFault = guarded.storeFault()
      return memory.faultOf(key) ?? (storeFault === undefined ? undefined : faultOf(storeFault))
    },
    health: () => ({
      leading: work.held() !== undefined,
      queued: work.queue.size,
      ...(work.leads() && { resyncMs: standingMs() }),
      ...(requestSide.feedback.counts.late > 0 && { lateSignals: requestSide.feedback.counts.lateOf }),
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
      await watch.load()
      if (stopping) return
      void watch.follow(following.signal)
      void exchange?.follow(following.signal)
      work.start()
      pump.start()
    },
    async stop(drainMs) {
      stopping = true
      const begunMs = clock.monotonic()
      await work.stop(drainMs)
      await pump.stop(Math.max(0, drainMs - (clock.monotonic() - begunMs)) / 2)
      following.abort()
      await exchange?.tellLast()
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
