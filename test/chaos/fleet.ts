import {
  type AuditLog,
  type ControlPlane,
  createControlPlane,
  type DeploymentTarget,
  type MetricSource,
  type ModelDeploymentInput,
  type ModelRegistry,
  ModelspineError,
  memoryAuditLog,
  memoryRegistry,
  memoryStore,
  memoryTarget,
  type PolicyEngine,
  type StateStore,
} from 'modelspine'
import { createFakeClock, type FakeClock } from 'modelspine/testing'
import { createDisturbance, type Disturbance, type DisturbOptions, disturbed } from './disturb.ts'
import { createRecording, type Recording } from './recorded.ts'
import { createRubbish } from './rubbish.ts'

export const targets = ['target-1', 'target-2', 'target-3', 'target-4', 'target-5'] as const
export const registries = ['registry-1', 'registry-2'] as const
export const sources = ['source-1', 'source-2'] as const
export const core = ['store', 'audit', 'policy'] as const

export const parts: readonly PartName[] = [...targets, ...registries, ...sources, ...core]
export type PartName =
  | (typeof targets)[number]
  | (typeof registries)[number]
  | (typeof sources)[number]
  | (typeof core)[number]

/** The parts that one deployment uses, besides the core. */
export interface Placed {
  readonly name: string
  readonly target: (typeof targets)[number]
  readonly registry: (typeof registries)[number]
  readonly source: (typeof sources)[number]
}

export interface Fleet {
  readonly clock: FakeClock
  readonly plane: ControlPlane
  readonly recording: Recording
  /** The audit log and the store themselves, which no disturbance reaches. */
  readonly audit: AuditLog
  readonly store: StateStore
  readonly placed: readonly Placed[]
  disturbance(part: PartName): Disturbance
  /** The deployment at a version, for `plane.apply`. */
  at(deployment: Placed, version: number): ModelDeploymentInput
}

export interface FleetOptions {
  readonly seed: number
  /** A multiple of 20, so that each pair of parts has the same number of deployments. */
  readonly deployments: number
}

const model = 'digits'

/** A plane over parts that can all be disturbed, and the deployments that are spread over them. */
export async function createFleet({ seed, deployments }: FleetOptions): Promise<Fleet> {
  const clock = createFakeClock({ seed })
  const recording = createRecording(clock)
  const switches = new Map<PartName, Disturbance>(parts.map((part) => [part, createDisturbance()]))
  const disturbance = (part: PartName): Disturbance => switches.get(part) ?? createDisturbance()
  const rubbish = createRubbish()

  const around = <Part extends object>(
    part: PartName,
    inner: Part,
    options: Pick<DisturbOptions, 'calls'> & Partial<DisturbOptions>,
    code: ConstructorParameters<typeof ModelspineError>[0],
  ): Part =>
    disturbed(inner, {
      clock,
      disturbance: disturbance(part),
      fault: (method) => new ModelspineError(code, `${part} is away: ${method} failed`),
      rubbish,
      ...options,
    })

  const trueStore = memoryStore({ clock })
  const audit = memoryAuditLog()
  const plane = createControlPlane({
    clock,
    name: 'chaos',
    store: around(
      'store',
      { ...recording.store(trueStore) },
      {
        calls: [
          ...['get', 'putSpec', 'putStatus', 'delete', 'readEvents', 'acknowledgeEvents'],
          ...['acquireLease', 'renewLease', 'releaseLease'],
        ],
        streams: ['list'],
        // It does what it is told. Its answer is worth nothing.
        rubbish: async (method, work) => {
          await work()
          return rubbish(method)
        },
      },
      'store-unavailable',
    ),
    audit: around('audit', audit, { calls: ['append'], latencyMs: { append: 5 } }, 'audit-unavailable'),
    registries: Object.fromEntries(
      await Promise.all(
        registries.map(async (name): Promise<[string, ModelRegistry]> => {
          const registry = memoryRegistry({ name, clock })
          for (const version of ['1', '2']) {
            await registry.register({
              name: model,
              version,
              approval: 'approved',
              artifact: { kind: 'files', files: [{ uri: `file:///models/${model}/${version}` }] },
            })
          }
          return [
            name,
            around(
              name,
              registry,
              { calls: ['resolve'], latencyMs: { resolve: 10 } },
              'registry-unavailable',
            ),
          ]
        }),
      ),
    ),
    targets: Object.fromEntries(
      targets.map((name): [string, DeploymentTarget] => {
        const inner = memoryTarget({ clock, readyAfterMs: 1000 })
        const latencyMs = { observe: 20, apply: 50, destroy: 50, list: 20 }
        const target = around(
          name,
          inner as DeploymentTarget,
          { calls: Object.keys(latencyMs), latencyMs },
          'target-unavailable',
        )
        return [name, recording.target(name, target)]
      }),
    ),
    metrics: Object.fromEntries(
      sources.map((name): [string, MetricSource] => [
        name,
        around(
          name,
          healthySource,
          { calls: ['query'], latencyMs: { query: 10 }, rubbish: (method) => rubbish(method) },
          'metric-error',
        ),
      ]),
    ),
    policies: [around('policy', agreeable, { calls: ['decide'] }, 'policy-error')],
    connect: {},
  })

  return {
    clock,
    plane,
    recording,
    audit,
    store: trueStore,
    disturbance,
    placed: Array.from({ length: deployments }, (_, place) => ({
      name: `deployment-${String(place).padStart(3, '0')}`,
      target: choose(targets, place),
      registry: choose(registries, Math.floor(place / 5)),
      source: choose(sources, Math.floor(place / 10)),
    })),
    at: ({ name, target, registry, source }, version) => ({
      kind: 'ModelDeployment',
      metadata: { name },
      spec: {
        model: { registry, name: model, version: String(version) },
        target,
        strategy: { canary: { steps: [{ weight: 25 }, { analyze: ['errors'], for: '5s' }] } },
        analysis: [{ name: 'errors', source, metric: 'errors', minSamples: 10, pass: { atMost: 0.05 } }],
      },
    }),
  }
}

/** Whether a deployment uses a part. All of them use the core. */
export function uses({ target, registry, source }: Placed, part: PartName): boolean {
  return [target, registry, source, ...core].some((each) => each === part)
}

const healthySource: MetricSource = {
  capabilities: () => ({ counts: true, routerMeasured: false, delayMs: 0 }),
  query: async ({ interval }) => ({ kind: 'ratio', hits: 0, total: 1000, covered: interval }),
}

const agreeable: PolicyEngine = {
  name: 'policy',
  actions: ['deploy', 'promote'],
  decide: async () => ({
    verdict: 'allow',
    findings: [],
    obligations: [],
    policyRevision: '1',
    inputDigest: '0'.repeat(64),
  }),
}

function choose<Choice>(choices: readonly Choice[], place: number): Choice {
  const choice = choices[place % choices.length]
  if (choice === undefined) throw new TypeError('there is nothing to choose from')
  return choice
}
