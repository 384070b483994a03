import { seededRandom } from '../../../../src/clock.ts'
import {
  type ControlPlaneOptions,
  type Explanation,
  type ModelDeploymentInput,
  ModelspineError,
  memoryProvider,
} from '../../../../src/index.ts'
import type { GateResult } from '../../../../src/resources/index.ts'
import { type RoutingStrategy, weightedStrategy } from '../../../../src/routing/index.ts'
import { createFakeClock, type FakeClock } from '../../../../src/testing/fake-clock.ts'
import {
  ann,
  collect,
  digits,
  type PlaneFixture,
  planeFixture,
  registerVersions,
  route,
  serving,
} from '../plane-fixture.ts'

/** What a revision does with one request. Returns false when it fails the request. */
export type Server = (ofCandidate: boolean, chance: () => number) => boolean | Promise<boolean>

/** Whether a request gets its label, and after how long. */
export type Labeller = (
  ofCandidate: boolean,
) => { readonly afterMs: number; readonly right: boolean } | undefined

type Spec = Pick<ModelDeploymentInput['spec'], 'strategy' | 'analysis' | 'deadline' | 'answerWithin'>

export interface CanaryScene extends PlaneFixture {
  server: Server
  labeller: Labeller | undefined
  /** Sends requests through the plane's router at this pace, and lets so much time pass. */
  traffic(forMs: number, perSecond: number): Promise<void>
  /** The gate's newest result in the status. */
  gate(name: string): Promise<GateResult | undefined>
  explained(): Promise<Explanation>
  /** All that the audit log has of one action. */
  told(action: string): Promise<readonly unknown[]>
  readonly stable: string
}

export interface SceneOptions {
  readonly spec: Spec
  readonly plane?: Partial<ControlPlaneOptions>
  /** For a part of the plane that needs the same clock. */
  readonly clock?: FakeClock
}

/** A canary at its first analysis, in a plane whose own router, windows and feedback measure it. */
export async function canary({
  spec,
  plane = {},
  clock = createFakeClock({ seed: 7 }),
}: SceneOptions): Promise<CanaryScene> {
  const chance = seededRandom(11)
  const names: { stable?: string } = {}
  const now: Pick<CanaryScene, 'server' | 'labeller'> = { server: () => true, labeller: undefined }
  const labels: { readonly atMs: number; readonly requestId: string; readonly value: number }[] = []
  const fixture = planeFixture({
    clock,
    plane: {
      connect: {
        memory: ({ address }) =>
          memoryProvider({
            async infer() {
              const ofCandidate = names.stable !== undefined && !address.includes(names.stable)
              if (await now.server(ofCandidate, chance)) {
                const output = { name: 'label', datatype: 'INT32', shape: [1], data: [1] } as const
                return { kind: 'tensors', outputs: [output] }
              }
              throw new ModelspineError('unavailable', 'the server failed')
            },
          }),
      },
      routersLearnMs: 0,
      shareMeasurements: false,
      ...plane,
    },
  })
  await serving(fixture)
  await fixture.plane.apply(route(), { actor: ann })
  await clock.advance(0)
  const status = async () => (await fixture.plane.get('digits'))?.status
  const first = (await status())?.stable ?? ''
  names.stable = first

  const ask = async (): Promise<void> => {
    try {
      const { requestId, revision } = await fixture.plane.router.infer('digits', {
        kind: 'tensors',
        inputs: [],
      })
      const label = now.labeller?.(revision !== first)
      if (label === undefined) return
      labels.push({ requestId, atMs: clock.now() + label.afterMs, value: label.right ? 1 : 0 })
    } catch {
      // A caller that gets an error goes away.
    }
  }
  const arrive = (): void => {
    const due = labels.filter(({ atMs }) => atMs <= clock.now())
    if (due.length === 0) return
    labels.splice(0, labels.length, ...labels.filter(({ atMs }) => atMs > clock.now()))
    for (const { requestId, value } of due) fixture.plane.feedback.record({ kind: 'label', requestId, value })
  }
  const scene: CanaryScene = {
    ...fixture,
    ...now,
    stable: first,
    async traffic(forMs, perSecond) {
      Object.assign(now, { server: scene.server, labeller: scene.labeller })
      const everyMs = 1000 / perSecond
      for (let passed = 0; passed < forMs; passed += everyMs) {
        // It may take longer than until the next one.
        void ask()
        await clock.advance(everyMs)
        arrive()
      }
    },
    async gate(name) {
      const { rollout } = (await status()) ?? {}
      return rollout !== undefined && 'gates' in rollout
        ? rollout.gates?.find(({ gate }) => gate === name)
        : undefined
    },
    explained: () => fixture.plane.explain('digits'),
    async told(action) {
      return (await collect(fixture.audit.read())).filter((entry) => entry.action === action)
    },
  }
  await scene.traffic(10_000, 20)
  await registerVersions(fixture.registry, '2')
  await fixture.plane.apply(digits('2', spec), { actor: ann })
  await fixture.until(async () => (await fixture.phase()) === 'analyzing')
  return scene
}

/** Some callers stay with the stable revision, whatever the split says. The others are sent by weight. */
export function stickingTo(some: { readonly part: number }): RoutingStrategy {
  const random = seededRandom(3)
  const byWeight = weightedStrategy(random)
  return {
    pick(plan, request, tried) {
      const home = plan.backends[0]?.upstreams.find(({ stable }) => stable)
      return home !== undefined && tried.length === 0 && random() < some.part
        ? home
        : byWeight.pick(plan, request, tried)
    },
  }
}

/** A strategy of an app's own that leaves a revision alone for so long after each of its failures. */
export function leavingAlone(clock: FakeClock, forMs: number): RoutingStrategy {
  const byWeight = weightedStrategy(seededRandom(3))
  const until = new Map<string, number>()
  return {
    pick(plan, request, tried) {
      const backends = plan.backends.map(({ weight, upstreams }) => ({
        weight,
        upstreams: upstreams.filter(({ id, stable }) => stable || (until.get(id) ?? 0) <= clock.monotonic()),
      }))
      return byWeight.pick({ ...plan, backends }, request, tried)
    },
    ended({ id }, { outcome }) {
      if (outcome === 'failed') until.set(id, clock.monotonic() + forMs)
    },
  }
}
