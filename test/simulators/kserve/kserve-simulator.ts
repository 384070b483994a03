import { setTimeout as pause } from 'node:timers/promises'
import { sameJson } from '../../../src/json.ts'
import type { Faults } from './faults.ts'
import { type DeploymentMode, type InferenceService, modeOf } from './inference-service.ts'
import { knativeService } from './knative-service.ts'
import { type KubeClientOptions, kubeClient } from './kube-client.ts'
import { type HostAnswer, type ModelFrontOptions, modelFront } from './model-front.ts'
import { stateOf } from './model-process.ts'
import { serviceStatus } from './service-status.ts'
import type { Declared, Simulated, SimulatedService } from './simulated-service.ts'
import { standardService } from './standard-service.ts'

export interface KserveSimulatorOptions
  extends KubeClientOptions,
    Pick<ModelFrontOptions, 'upstream' | 'behaviour'> {
  /** Of services without an annotation. Default Knative. */
  readonly mode?: DeploymentMode
  /** Default 20. */
  readonly readyAfterMs?: number
  /** How long a deleted service stays. Default 10. */
  readonly removedAfterMs?: number
}

export interface KserveSimulator {
  /** What goes wrong with a service from now on. The name `*` is for all services without faults of their own. */
  disturb(name: string, faults: Faults): void
  /** What runs for a service now. Undefined when it is not known. */
  world(name: string): Simulated | undefined
  /** The service as the API has it. */
  service(name: string): InferenceService | undefined
  /** How many model servers were ever started, also for services that are gone. */
  started(): number
  /** Where a host of the namespace is reached: a service, a Deployment, a tag. */
  url(host: string): string
  /** Requests by the address of a model's files. */
  readonly answered: ReadonlyMap<string, number>
  /** Resolves when all changes so far are in the statuses, and nothing more will change by itself. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** A service from its creation to its removal. */
interface Known {
  object: InferenceService
  readonly servers: SimulatedService
  readonly mode: DeploymentMode
  world: Simulated
  /** When the newest generation was first seen. */
  generation: { readonly now: number; readonly sinceMs: number }
  deletedMs?: number
  /** The resource version at which nothing is left to do. */
  restsAt?: string
}

const finalizer = 'inferenceservice.finalizers'
const tickMs = 5

/**
 * Plays KServe's controller for one namespace of a real Kubernetes API. It watches InferenceServices, starts and ends
 * the model servers that they ask for, and writes their status. Of KServe's behaviour it has what its users see, with
 * the oddities that `faults.ts` and the services' files name. Nothing of KServe's code is in it.
 */
export async function kserveSimulator(options: KserveSimulatorOptions): Promise<KserveSimulator> {
  const { mode = 'Knative', readyAfterMs = 20, removedAfterMs = 10, namespace } = options
  const client = kubeClient(options)
  const known = new Map<string, Known>()
  const disturbed = new Map<string, Faults>()
  const ended = new AbortController()
  let startedBefore = 0

  const faultsOf = (name: string): Faults => disturbed.get(name) ?? disturbed.get('*') ?? {}

  function find(of: string, host: string): HostAnswer | undefined {
    if (of !== namespace) return undefined
    for (const [name, { world, mode }] of known) {
      const wakesAfterMs = faultsOf(name).scaledToZero ? readyAfterMs : 0
      // In Standard mode only the service's own host stands before the split: each Deployment has a host.
      if (host === name || (mode === 'Knative' && host === `${name}-predictor`))
        return { shares: world.shares, wakesAfterMs }
      const tagged = world.shares.filter(({ tag }) => host === `${tag}-${name}-predictor`)
      const own = world.processes.filter((process) => process.name === host)
      const processes = [...tagged.map(({ process }) => process), ...own]
      if (processes.length === 0) continue
      const ready = processes.find((process) => stateOf(process, readyAfterMs, Date.now()) === 'ready')
      return { shares: ready === undefined ? [] : [{ process: ready, percent: 100 }], wakesAfterMs }
    }
    return undefined
  }

  const front = await modelFront({ ...options, find })

  function learn(object: InferenceService): void {
    const { name, uid, generation } = object.metadata
    const nowMs = Date.now()
    let service = known.get(name)
    if (service !== undefined && service.object.metadata.uid !== uid) forget(name)
    service = known.get(name)
    if (service === undefined) {
      const itsMode = modeOf(object, mode)
      const timing = { readyAfterMs }
      const servers = itsMode === 'Standard' ? standardService(name, timing) : knativeService(name, timing)
      const world = servers.step(declaredBy(object), faultsOf(name), nowMs)
      known.set(name, {
        object,
        servers,
        mode: itsMode,
        world,
        generation: { now: generation, sinceMs: nowMs },
      })
      return
    }
    service.object = object
    if (service.generation.now !== generation) service.generation = { now: generation, sinceMs: nowMs }
    if (object.metadata.deletionTimestamp !== undefined) service.deletedMs ??= nowMs
  }

  function forget(name: string): void {
    startedBefore += known.get(name)?.world.started ?? 0
    known.delete(name)
  }

  async function follow(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        const { items, resourceVersion } = await client.list()
        const names = new Set(items.map(({ metadata }) => metadata.name))
        for (const name of known.keys()) if (!names.has(name)) forget(name)
        for (const item of items) learn(item)
        for await (const { type, object } of client.watch(resourceVersion, ended.signal)) {
          if (type === 'ERROR') break
          if (type === 'BOOKMARK') continue
          if (type === 'DELETED') forget(object.metadata.name)
          else learn(object)
        }
      } catch {
        // The API is away: it is listed again.
      }
      if (!ended.signal.aborted) await pause(100)
    }
  }

  /** Brings one service forward. */
  async function step(name: string, service: Known): Promise<void> {
    const { object, deletedMs } = service
    const { finalizers = [] } = object.metadata
    const nowMs = Date.now()
    if (deletedMs !== undefined) {
      if (nowMs < deletedMs + removedAfterMs || !finalizers.includes(finalizer)) return
      // The watch tells that it is gone.
      const left = finalizers.filter((each) => each !== finalizer)
      const written = await client.setFinalizers(object, left)
      if (written !== undefined) service.object = written
      return
    }
    if (!finalizers.includes(finalizer)) {
      const written = await client.setFinalizers(object, [...finalizers, finalizer])
      if (written !== undefined) learn(written)
      return
    }
    const faults = faultsOf(name)
    service.world = service.servers.step(declaredBy(object), faults, nowMs)
    const status = serviceStatus(object, service.world, {
      mode: service.mode,
      faults,
      nowMs,
      url: (host) => front.url(namespace, host),
    })
    const moving =
      service.world.processes.some(({ startedMs }) => nowMs < startedMs + readyAfterMs) ||
      nowMs < service.world.workload.sinceMs + (faults.generationLagMs ?? 0)
    if (sameJson(status, object.status)) {
      if (!moving) service.restsAt = object.metadata.resourceVersion
      return
    }
    if (nowMs < service.generation.sinceMs + (faults.statusLateMs ?? 0)) return
    const written = await client.putStatus({ ...object, status })
    if (written !== undefined) learn(written)
  }

  async function work(): Promise<void> {
    while (!ended.signal.aborted) {
      // A call that failed is made again.
      await Promise.all([...known].map(([name, service]) => step(name, service).catch(() => {})))
      await pause(tickMs)
    }
  }

  const running = Promise.all([follow(), work()])

  return {
    disturb: (name, faults) => void disturbed.set(name, faults),
    world: (name) => known.get(name)?.world,
    service: (name) => known.get(name)?.object,
    started: () => [...known.values()].reduce((sum, { world }) => sum + world.started, startedBefore),
    url: (host) => front.url(namespace, host),
    answered: front.answered,
    async settled() {
      for (;;) {
        const { items } = await client.list()
        const rests = ({ metadata: { name, resourceVersion } }: InferenceService): boolean =>
          known.get(name)?.restsAt === resourceVersion
        if (items.length === known.size && items.every(rests)) return
        await pause(tickMs)
      }
    },
    async stop() {
      ended.abort()
      await running
      await client.close()
      await front.close()
    },
  }
}

function declaredBy({ spec, metadata: { annotations } }: InferenceService): Declared {
  return { spec, ...(annotations !== undefined && { annotations }) }
}
