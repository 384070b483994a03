import {
  type ControlPlane,
  createControlPlane,
  type DeploymentTarget,
  isModelspineError,
  type MetricSource,
  type ModelDeploymentInput,
  ModelspineError,
  memoryProvider,
  memoryRegistry,
  memoryTarget,
} from 'modelspine'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { splitIn } from '../../status.ts'
import { createDisturbance, type Disturbance, disturbed } from '../disturb.ts'

export const strategies = ['rolling', 'canary', 'blue-green'] as const
export const triggers = ['a failing gate', 'an abort', 'the deadline'] as const
export const apis = ['up', 'down', 'hangs'] as const
export const splitters = ['our router', 'the target'] as const

export interface Cell {
  readonly strategy: (typeof strategies)[number]
  readonly trigger: (typeof triggers)[number]
  readonly splitter: (typeof splitters)[number]
  readonly api: (typeof apis)[number]
}

/** A rolling update has no gates. */
export function applies({ strategy, trigger }: Pick<Cell, 'strategy' | 'trigger'>): boolean {
  return strategy !== 'rolling' || trigger !== 'a failing gate'
}

export interface Scene {
  readonly clock: FakeClock
  readonly plane: ControlPlane
  /** The disturbance of the target's API. Requests do not use the API. */
  readonly api: Disturbance
  /** The gate's source tells only failures from now on. */
  failGate(): void
  /** The revision is not ready from now on. The target gives a hint, as one with a watch does. */
  crash(revision: string): void
  /**
   * Sends some requests through the plane's router. Answers whether any of them was for the revision. Where the
   * target splits, each request is for all revisions that have a weight there.
   */
  reaches(revision: string): Promise<boolean>
  /** Whether whoever splits would send requests to the revision. */
  weighs(revision: string): Promise<boolean>
}

export const name = 'digits'
export const key = 'default/digits'
export const actor = { name: 'ann@example.com' }
export const deadlineMs = 30_000
/** The gate is read once in this time: a twentieth of its step. */
export const gatePollMs = 3000

/** At a time. With half of the traffic, one of them meets the candidate in fifteen of sixteen times. */
const requests = 4

export async function createScene({ splitter }: Pick<Cell, 'splitter'>): Promise<Scene> {
  const clock = createFakeClock()
  const api = createDisturbance()
  const byTarget = splitter === 'the target'
  const target = memoryTarget({
    clock,
    readyAfterMs: 1000,
    // A vendor that splits has one address for all revisions.
    ...(byTarget && {
      capabilities: { split: 'percent' as const },
      endpoint: (key) => ({ protocol: 'memory', address: `memory://${key}` }),
    }),
  })
  const registry = memoryRegistry({ name: 'models', clock })
  for (const version of ['1', '2']) {
    await registry.register({
      name,
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: `file:///models/${name}/${version}` }] },
    })
  }
  const hint = Promise.withResolvers<void>()
  let hits = 0
  const source: MetricSource = {
    capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
    query: async ({ interval }) => ({ kind: 'ratio', hits, total: 1000, covered: interval }),
  }
  let reached = new Set<string>()
  const serve = async (address: string): Promise<void> => {
    if (!byTarget) {
      reached.add(address.slice(address.lastIndexOf('/') + 1))
      return
    }
    const { revisions } = await target.observe(key)
    for (const { revision, weight = 0 } of revisions) if (weight > 0) reached.add(revision)
  }
  const plane = createControlPlane({
    clock,
    registries: { models: registry },
    targets: {
      local: disturbed<DeploymentTarget>(withHint(target, hint.promise), {
        clock,
        disturbance: api,
        latencyMs: { observe: 20, apply: 50, destroy: 50, list: 20 },
        calls: ['observe', 'apply', 'destroy', 'list'],
        fault: () => new ModelspineError('target-unavailable', '503 Service Unavailable'),
        rubbish: () => undefined,
      }),
    },
    metrics: { numbers: source },
    connect: {
      memory: ({ address }) =>
        memoryProvider({
          infer: async () => {
            await serve(address)
            return { kind: 'tensors', outputs: [] }
          },
        }),
    },
  })
  return {
    clock,
    plane,
    api,
    failGate() {
      hits = 1000
    },
    crash(revision) {
      target.world.hold(revision, { state: 'unready', reason: 'ProbeFailing' })
      hint.resolve()
    },
    async reaches(revision) {
      reached = new Set()
      for (let sent = 0; sent < requests; sent += 1) {
        await plane.router.infer(name, { kind: 'tensors', inputs: [] }).catch((error: unknown) => {
          // All traffic is with a revision that is not ready, so the request reaches nobody.
          if (!isModelspineError(error, 'no-backend')) throw error
        })
      }
      return reached.has(revision)
    },
    async weighs(revision) {
      const split = byTarget
        ? (await target.observe(key)).revisions
        : splitIn((await plane.get(name))?.status)
      return split.some((each) => each.revision === revision && (each.weight ?? 0) > 0)
    },
  }
}

function withHint(target: DeploymentTarget, hint: Promise<void>): DeploymentTarget {
  return {
    ...target,
    async *changes(abortSignal) {
      await hint
      if (!abortSignal.aborted) yield key
    },
  }
}

/** The deployment. Its rollout stands for some minutes at a place where the candidate has traffic. */
export function deployment(version: string, strategy: Cell['strategy']): ModelDeploymentInput {
  const gates = { analyze: ['errors'], for: '1m' } as const
  return {
    kind: 'ModelDeployment',
    metadata: { name },
    spec: {
      model: { registry: 'models', name, version },
      target: 'local',
      deadline: `${deadlineMs}ms`,
      ...(strategy === 'rolling' && { strategy: { rolling: { step: 50, every: '5m' } } }),
      ...(strategy === 'canary' && { strategy: { canary: { steps: [{ weight: 50 }, gates] } } }),
      ...(strategy === 'blue-green' && { strategy: { blueGreen: { ...gates } } }),
      ...(strategy !== 'rolling' && {
        analysis: [{ name: 'errors', source: 'numbers', metric: 'errors', pass: { atMost: 0.05 } }],
      }),
    },
  }
}
