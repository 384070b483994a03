import { ModelspineError, messageOf } from '../errors.ts'
import { TurnLine } from '../reconcile/turn-line.ts'
import type { ModelDeploymentSpecInput } from '../resources/deployment/model-deployment.ts'
import { type Key, keyFrom } from '../resources/metadata.ts'
import { gateDelays } from '../rollout/gates/read-gates.ts'
import type { Command } from '../rollout/machine/commands.ts'
import type { AuditLog } from '../security/contract.ts'
import type { Kind } from '../store/contract.ts'
import { type AskedBy, applyResource, metadataOf } from './calls/apply.ts'
import { checkActor } from './calls/check-actor.ts'
import { commandDeployment } from './calls/command-deployment.ts'
import { type Deployment, deploymentOf } from './calls/deployment.ts'
import { type Explanation, explainDeployment, explainGone } from './calls/explain.ts'
import { planResource } from './calls/plan.ts'
import { removeResource } from './calls/remove.ts'
import { judgeWait, waitUntil } from './calls/wait.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ControlPlaneOptions } from './options.ts'
import type { RequestSide } from './wiring/request-side.ts'
import { wireControl } from './wiring/wire-control.ts'

/**
 * The asynchronous calls of a plane. They are loaded at the first call, because an app that only routes needs
 * none.
 */
export interface PlaneCalls
  extends Pick<
    ControlPlane,
    | 'deploy'
    | 'route'
    | 'apply'
    | 'plan'
    | 'get'
    | 'list'
    | 'getRoute'
    | 'listRoutes'
    | 'delete'
    | 'wait'
    | 'approve'
    | 'promote'
    | 'pause'
    | 'resume'
    | 'abort'
    | 'retry'
    | 'takeOver'
    | 'giveUp'
    | 'explain'
    | 'continueAudit'
    | 'health'
    | 'start'
    | 'reconcileOnce'
  > {
  stop(drainMs: number): Promise<void>
  verifyAudit: AuditLog['verify']
}

export function createPlaneCalls(options: ControlPlaneOptions, requestSide: RequestSide): PlaneCalls {
  const { context, watch, work, waits, ...wired } = wireControl(options, requestSide)
  const { store, clock, logger } = context
  /** Thousands of changes at once must not keep requests and the audit log from their turns. */
  const changes = new TurnLine()
  let started: Promise<void> | undefined
  let stopped: Promise<void> | undefined

  const mustRun = (): void => {
    if (stopped !== undefined)
      throw new ModelspineError('stopped', 'this plane was stopped; create another one')
  }
  /** Resolves when it is the change's turn. The plane may have been stopped while the change waited. */
  const takeTurn = async (change: string, call: AskedBy): Promise<void> => {
    mustRun()
    checkActor(change, call)
    await changes.turn()
    mustRun()
  }
  const look = async (name: string): Promise<Deployment | null> => {
    const stored = await store.get('ModelDeployment', keyFrom(name))
    return stored === null ? null : deploymentOf(stored)
  }
  const mustFind = async (name: string): Promise<Deployment> => {
    const deployment = await look(name)
    if (deployment !== null) return deployment
    throw new ModelspineError('not-found', `there is no ModelDeployment ${keyFrom(name)}`)
  }
  const explained = (deployment: Deployment): Explanation =>
    explainDeployment(deployment, {
      fault: wired.faultOf(deployment.key),
      targets: context.names.targets,
      delaysMs: gateDelays(context.metrics, deployment.resource.spec.analysis),
      nowMs: clock.now(),
    })
  /** Brings the route table up to date, so that the caller's next request sees the change. */
  const refresh = async (kind: Kind, key: Key): Promise<void> => {
    try {
      await watch.refresh({ kind, key })
    } catch (error) {
      logger.warn({ kind, key, error: messageOf(error) }, 'the route table lags behind the store')
    }
  }
  const ask = async (kind: Command['kind'], name: string, call: AskedBy): Promise<Deployment> => {
    await takeTurn(kind, call)
    const { actor, ...asked } = call
    return commandDeployment(context, name, { ...asked, kind } as Command, actor)
  }

  const apply: ControlPlane['apply'] = async (resource, call) => {
    await takeTurn('apply', call)
    const applied = await applyResource(context, resource, call)
    await refresh(applied.kind, applied.key)
    return applied
  }

  return {
    async deploy(name, spec, call) {
      checkActor('deploy', call)
      const declared = spec as ModelDeploymentSpecInput
      return apply({ kind: 'ModelDeployment', metadata: metadataOf(name, call), spec: declared }, call)
    },
    async route(name, spec, call) {
      checkActor('route', call)
      return apply({ kind: 'ModelRoute', metadata: metadataOf(name, call), spec }, call)
    },
    apply,
    async plan(resource, call) {
      checkActor('plan', call)
      return planResource(context, resource, call)
    },
    get: look,
    async *list() {
      for await (const stored of store.list('ModelDeployment')) yield deploymentOf(stored)
    },
    async getRoute(name) {
      return (await store.get('ModelRoute', keyFrom(name)))?.resource ?? null
    },
    async *listRoutes() {
      for await (const { resource } of store.list('ModelRoute')) yield resource
    },
    async delete(name, call) {
      await takeTurn('delete', call)
      await removeResource(context, name, call)
      await refresh(call.kind ?? 'ModelDeployment', keyFrom(name))
    },
    async wait(name, call = {}) {
      const key = keyFrom(name)
      const until = call.until ?? 'ready'
      const { deployment } = await waitUntil(
        async () => {
          const deployment = await look(name)
          return judgeWait(deployment, { key, until }) === 'done' ? { deployment } : undefined
        },
        (changed) => waits.watch(key, changed),
        clock,
        call,
        `${key} ${until}`,
      )
      await refresh('ModelDeployment', key)
      return deployment
    },
    approve: (name, call) => ask('approve', name, call),
    promote: (name, call) => ask('promote', name, call),
    pause: (name, call) => ask('pause', name, call),
    resume: (name, call) => ask('resume', name, call),
    abort: (name, call) => ask('abort', name, call),
    retry: (name, call) => ask('retry', name, call),
    takeOver: (name, call) => ask('take-over', name, call),
    async giveUp(name, call) {
      checkActor('give-up', call)
      const { target } = call
      if (typeof target !== 'string')
        throw new TypeError(`give-up: target is ${target}: pass a target's name`)
      const configured = target in context.targets
      return ask('give-up', name, { ...call, configured } as AskedBy)
    },
    async explain(name) {
      return explained(await mustFind(name))
    },
    async continueAudit(call) {
      mustRun()
      checkActor('continueAudit', call)
      return wired.audit.continueAfterLoss(call.actor)
    },
    verifyAudit: (asked) => wired.audit.verify(asked),
    health: wired.health,
    async start() {
      mustRun()
      started ??= wired.start()
      try {
        await started
      } catch (error) {
        // The caller may try again after the fault is mended.
        started = undefined
        throw error
      }
    },
    stop(drainMs) {
      stopped ??= wired.stop(drainMs)
      return stopped
    },
    async reconcileOnce(name) {
      mustRun()
      const { key } = await mustFind(name)
      const result = await work.once(key)
      if (result.kind !== 'done' && result.cause !== undefined) throw result.cause
      const deployment = await look(name)
      if (deployment === null) return explainGone(key, clock.now())
      return explained(deployment)
    },
  }
}
