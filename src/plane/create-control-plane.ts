import { type Clock, systemClock } from '../clock.ts'
import { isModelspineError, ModelspineError, messageOf } from '../errors.ts'
import { createFeedback } from '../feedback/create-feedback.ts'
import type { Decision, PolicyEngine, PolicyRequest, PromoteRequest } from '../policy/contract.ts'
import { decideAll } from '../policy/decide-all.ts'
import { permitVerdict } from '../policy/permit-verdict.ts'
import type { Approved, DeploymentStatus } from '../resources/deployment-status.ts'
import { type Actor, type Key, keyFrom } from '../resources/metadata.ts'
import type { ModelRoute } from '../resources/model-route.ts'
import type { Command } from '../rollout/commands.ts'
import type { Permit } from '../rollout/decision.ts'
import { type Fault, faultOf } from '../rollout/fault.ts'
import { createDeploymentReconciler } from '../rollout/reconcile-deployment.ts'
import { loopActor } from '../rollout/rollback.ts'
import { createRouter } from '../routing/router.ts'
import { createRouteTableHolder } from '../routing/table-holder.ts'
import type { Secret, SecretStore } from '../security/contract.ts'
import { memoryAuditLog } from '../security/memory-audit-log.ts'
import type { StoredObject } from '../store/contract.ts'
import { memoryStore } from '../store/memory-store.ts'
import { combineSources } from '../telemetry/combine-sources.ts'
import { createControlTelemetry } from '../telemetry/control-telemetry.ts'
import { silentLogger } from '../telemetry/logger.ts'
import { createMetricWindows } from '../telemetry/metric-windows.ts'
import { createRequestTelemetry } from '../telemetry/request-telemetry.ts'
import { applyResource, removeResource } from './apply.ts'
import { createAuditPump } from './audit-pump.ts'
import { checkDeployable } from './check-deployable.ts'
import { commandDeployment } from './command-deployment.ts'
import type { ControlPlane } from './control-plane.ts'
import { deploymentOf } from './deployment.ts'
import { createEmitter, tell } from './events.ts'
import { explainDeployment } from './explain.ts'
import { planeFault } from './health.ts'
import type { ControlPlaneOptions } from './options.ts'
import type { Parts, PlaneFact } from './parts.ts'
import { planResource } from './plan.ts'
import { createRouteFeed } from './route-feed.ts'
import { judgeWait, waitUntil } from './wait.ts'
import { watchedPolicy } from './watched-policy.ts'
import { createWork } from './work.ts'

/** A control plane over what it is given. Nothing is opened, read or started before the first call. */
export function createControlPlane(options: ControlPlaneOptions = {}): ControlPlane {
  const clock: Clock = options.clock ?? systemClock
  const logger = options.logger ?? silentLogger
  const store = options.store ?? memoryStore({ clock })
  const audit = options.audit ?? memoryAuditLog()
  const { registries = {}, targets = {}, providers = {}, secrets = {}, connect = {} } = options
  const telemetry = createControlTelemetry({ clock, queueDepth: () => work.queue.size })
  const policies = (options.policies ?? []).map((engine) => watchedPolicy(engine, telemetry))
  const windows = createMetricWindows({ clock })
  const feedback = createFeedback({ clock, ...options.feedback })
  const metrics = { ...options.metrics, plane: combineSources([windows, feedback]) }
  const policyOptions = { clock, timeoutMs: options.policyTimeoutMs ?? 10_000 }
  const emitter = createEmitter()
  /** Keyed by declared deployments: what hindered this process's last look at each. */
  const faults = new Map<Key, Fault>()
  /** Keyed by declared deployments: the version that our own loop wrote last, which is no news to it. */
  const ownVersions = new Map<Key, string>()
  const following = new AbortController()
  let storeFault: unknown
  let stopped = false

  const announce = (stored: StoredObject, facts: readonly PlaneFact[]): void => {
    const { kind, key, generation } = stored
    for (const { action, details, actor = loopActor } of facts) {
      tell(emitter, { action, kind, key, generation, atMs: clock.now(), actor, details }, (error) =>
        logger.error({ action, error: messageOf(error) }, 'a listener threw'),
      )
    }
    if (facts.length > 0) pump.nudge()
  }
  const parts: Parts = {
    store,
    clock,
    logger,
    registries,
    targets,
    metrics,
    secrets,
    policies,
    decide: async (request) => decideAll(policies, request, policyOptions),
    committed(stored, facts) {
      announce(stored, facts)
      if (stored.kind === 'ModelDeployment') work.nudge(stored.key)
    },
  }
  const work = createWork({
    parts,
    reconcile: createDeploymentReconciler({
      ...parts,
      check: (deployment) => checkDeployable(parts, deployment),
      permit: async (request, approvals, abort) =>
        permitOf(
          await decideAll(enginesFor(policies, request), request, { ...policyOptions, abort }),
          request,
          approvals,
        ),
      secret: (reference, abort) => resolveSecret(secrets, reference, abort),
      sent: (key, effect, result) => telemetry.recordEffect({ key, effect, result }),
      committed(stored, events) {
        ownVersions.set(stored.key, stored.version)
        announce(stored, events)
      },
      resyncMs: options.resyncMs ?? 60_000,
    }),
    holder: options.name ?? clock.id(),
    leaseMs: options.leaseMs ?? 15_000,
    concurrency: options.concurrency ?? 4,
    gained() {
      pump.nudge()
      emitter.emit('lease-gained')
    },
    lost: () => emitter.emit('lease-lost'),
    beforeRelease: () =>
      pump
        .drain()
        .catch((error) => logger.error({ error: messageOf(error) }, 'audit events wait in the store')),
    finished({ key, result, durationMs }) {
      telemetry.recordReconcile({ key, result: result.kind, durationMs })
      const failed = result.kind === 'retry' || result.kind === 'terminal'
      if (failed) faults.set(key, faultOf(result.cause))
      else faults.delete(key)
      const ofStore = failed && isModelspineError(result.cause) && result.cause.code.startsWith('store-')
      storeFault = ofStore ? result.cause : failed ? storeFault : undefined
    },
  })
  const pump = createAuditPump({
    store,
    audit,
    clock,
    logger,
    fence: () => {
      const held = work.held()
      return held && { lease: held.name, fence: held.fence }
    },
  })
  const holder = createRouteTableHolder({ clock, logger })
  const feed = createRouteFeed({
    store,
    holder,
    providers,
    connect,
    clock,
    logger,
    changed({ kind, key, version, status }) {
      if (kind !== 'ModelDeployment') return
      telemetry.recordPhase(key, (status as DeploymentStatus | undefined)?.rollout.phase ?? 'unseen')
      if (ownVersions.get(key) !== version) work.nudge(key)
    },
    gone(kind, key) {
      if (kind !== 'ModelDeployment') return
      faults.delete(key)
      ownVersions.delete(key)
      telemetry.recordPhase(key, undefined)
    },
  })
  const polices = policies.some(({ actions }) => actions.includes('invoke'))
  const router = createRouter({
    table: holder,
    clock,
    logger,
    observers: [windows, feedback, createRequestTelemetry(), ...(options.observers ?? [])],
    ...(polices && {
      policy: { decide: (request: PolicyRequest) => decideAll(policies, request, policyOptions) },
    }),
  })

  const look = async (name: string): Promise<ReturnType<typeof deploymentOf> | null> => {
    const stored = await store.get('ModelDeployment', keyFrom(name))
    return stored === null ? null : deploymentOf(stored)
  }
  const ask = (name: string, asked: Command, actor: Actor): ReturnType<typeof commandDeployment> =>
    commandDeployment(parts, name, asked, actor)
  const explain: ControlPlane['explain'] = async (name) => {
    const deployment = await look(name)
    if (deployment === null)
      throw new ModelspineError('not-found', `there is no ModelDeployment ${keyFrom(name)}`)
    return explainDeployment(deployment, faults.get(deployment.key))
  }
  const mustRun = (): void => {
    if (stopped) throw new ModelspineError('stopped', 'this plane was stopped; create another one')
  }

  return {
    router,
    feedback,
    audit,
    async apply(resource, call) {
      mustRun()
      const applied = await applyResource(parts, resource, call)
      await feed.refresh(applied.kind, applied.key)
      return applied
    },
    plan: (resource, call) => planResource(parts, resource, call),
    get: look,
    async *list() {
      for await (const stored of store.list('ModelDeployment')) yield deploymentOf(stored)
    },
    async getRoute(name) {
      return ((await store.get('ModelRoute', keyFrom(name)))?.resource as ModelRoute | undefined) ?? null
    },
    async *listRoutes() {
      for await (const { resource } of store.list('ModelRoute')) yield resource as ModelRoute
    },
    async delete(name, call) {
      mustRun()
      await removeResource(parts, name, call)
    },
    async wait(name, call = {}) {
      const until = call.until ?? 'ready'
      const { deployment } = await waitUntil(
        async () => {
          const deployment = await look(name)
          return judgeWait(deployment, until) === 'done' ? { deployment } : undefined
        },
        (changed) => {
          emitter.on('event', changed)
          return () => emitter.off('event', changed)
        },
        clock,
        call,
        `${keyFrom(name)} ${until}`,
      )
      // Whoever waited may send a request next: it must meet the table that goes with what was waited for.
      await feed.refresh('ModelDeployment', keyFrom(name))
      return deployment
    },
    approve: (name, { actor, ...asked }) => ask(name, { kind: 'approve', ...asked }, actor),
    promote: (name, { actor, ...asked }) => ask(name, { kind: 'promote', ...asked }, actor),
    pause: (name, { actor }) => ask(name, { kind: 'pause' }, actor),
    resume: (name, { actor }) => ask(name, { kind: 'resume' }, actor),
    abort: (name, { actor, ...asked }) => ask(name, { kind: 'abort', ...asked }, actor),
    retry: (name, { actor }) => ask(name, { kind: 'retry' }, actor),
    explain,
    health: () => ({
      leading: work.held() !== undefined,
      queued: work.queue.size,
      faults: [
        ...(storeFault === undefined ? [] : [planeFault('store', storeFault)]),
        ...(pump.fault === undefined ? [] : [planeFault('audit', pump.fault)]),
      ],
    }),
    async start() {
      mustRun()
      await feed.load()
      void feed.follow(following.signal)
      work.start()
    },
    async stop({ drainMs = 10_000 } = {}) {
      if (stopped) return
      stopped = true
      await work.stop(drainMs)
      pump.stop()
      following.abort()
      await holder.close()
      await closeAll([...Object.values(targets), ...Object.values(providers), audit, store])
      emitter.removeAllListeners()
    },
    async reconcileOnce(name) {
      mustRun()
      const key = keyFrom(name)
      await explain(key)
      const result = await work.once(key)
      if (result.kind === 'retry' || result.kind === 'terminal') throw result.cause
      return explain(key)
    },
    on(name, listener) {
      emitter.on(name, listener as () => void)
      return () => emitter.off(name, listener as () => void)
    },
  }
}

/** A deployment that names policies is promoted by those, one that names none by all. What is declared is always judged by all. */
function enginesFor(
  policies: readonly PolicyEngine[],
  { deployment }: PromoteRequest,
): readonly PolicyEngine[] {
  const named = deployment.spec.policies
  return named.length === 0 ? policies : policies.filter(({ name }) => named.includes(name))
}

function permitOf(decision: Decision, request: PromoteRequest, approvals: readonly Approved[]): Permit {
  const { revision, percent, actor } = request
  const { policyRevision, findings } = decision
  const verdict = permitVerdict(decision, { approvals, author: actor })
  return { revision: revision.name, percent, policyRevision, findings, ...verdict }
}

async function resolveSecret(
  stores: Readonly<Record<string, SecretStore>>,
  reference: string,
  abort: AbortSignal,
): Promise<Secret> {
  const colon = reference.indexOf(':')
  const scheme = reference.slice(0, colon)
  const store = Object.hasOwn(stores, scheme) ? stores[scheme] : undefined
  if (store === undefined) {
    throw new ModelspineError(
      'secret-not-found',
      `no secret store is called "${scheme}", which "${reference}" asks for`,
    )
  }
  return store.resolve(reference.slice(colon + 1), { abort })
}

async function closeAll(parts: readonly { close?(): Promise<void> }[]): Promise<void> {
  for (const part of new Set(parts)) await part.close?.()
}
