import {
  type MemoryTarget,
  type MemoryTargetOptions,
  memoryTarget,
} from '../../../src/deployment-target/memory-target.ts'
import { createMemoryWorld, type MemoryWorld } from '../../../src/deployment-target/memory-world.ts'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  type ModelDeploymentInput,
  type ModelRouteInput,
  memoryAuditLog,
  memoryRegistry,
  memoryStore,
  type PlaneEvent,
} from '../../../src/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import type { AuditLog } from '../../../src/security/contract.ts'
import type { StateStore } from '../../../src/store/contract.ts'
import { createFakeClock, type FakeClock } from '../../../src/testing/fake-clock.ts'

export const ann = { name: 'ann@example.com' }

export interface PlaneFixture {
  readonly plane: ControlPlane
  readonly clock: FakeClock
  readonly store: StateStore
  readonly audit: AuditLog
  readonly target: MemoryTarget
  readonly world: MemoryWorld
  readonly registry: ReturnType<typeof memoryRegistry>
  readonly events: PlaneEvent[]
  /** Advances the clock in small steps until the condition is true. Fails after `forMs`. */
  until(condition: () => Promise<boolean> | boolean, forMs?: number): Promise<void>
  phase(name?: string): Promise<string | undefined>
}

export interface FixtureOptions {
  readonly plane?: Partial<ControlPlaneOptions>
  readonly target?: MemoryTargetOptions
  readonly seed?: number
  /** For a part of the plane that needs the same clock. */
  readonly clock?: FakeClock
  /** Another process over this store, log, world and registry. It has its own plane and its own target. */
  readonly beside?: PlaneFixture
}

/** A plane in memory. Its registry is called `models` and its target `local`. */
export function planeFixture(options: FixtureOptions = {}): PlaneFixture {
  const { beside } = options
  const clock = options.clock ?? beside?.clock ?? createFakeClock({ seed: options.seed ?? 1 })
  const store = options.plane?.store ?? beside?.store ?? memoryStore({ clock })
  const audit = options.plane?.audit ?? beside?.audit ?? memoryAuditLog()
  const world = beside?.world ?? createMemoryWorld()
  const target = memoryTarget({ clock, world, readyAfterMs: 100, ...options.target })
  const registry = beside?.registry ?? memoryRegistry({ name: 'models', clock })
  const plane = createControlPlane({
    clock,
    store,
    audit,
    registries: { models: registry },
    targets: { local: target },
    connect: { memory: () => memoryProvider({ infer: () => ({ kind: 'tensors', outputs: [] }) }) },
    ...options.plane,
  })
  const events: PlaneEvent[] = []
  plane.on('event', (event) => events.push(event))
  const until: PlaneFixture['until'] = async (condition, forMs = 60_000) => {
    for (let passed = 0; passed <= forMs; passed += 50) {
      if (await condition()) return
      await clock.advance(50)
    }
    throw new Error(`did not come true within ${forMs} ms`)
  }
  return {
    plane,
    clock,
    store,
    audit,
    target,
    world,
    registry,
    events,
    until,
    phase: async (name = 'digits') => (await plane.get(name))?.status?.rollout.phase,
  }
}

/** Registers, starts, applies and waits until a version serves. */
export async function serving(fixture: PlaneFixture, version = '1'): Promise<void> {
  const { plane, registry, until, phase } = fixture
  await registerVersions(registry, version)
  await plane.start()
  await plane.apply(digits(version), { actor: ann })
  await until(async () => (await phase()) === 'converged')
}

/** Waits until the rollout of a generation is converged. */
export async function converged({ plane, until }: PlaneFixture, generation: number): Promise<void> {
  await until(async () => {
    const { status } = (await plane.get('digits')) ?? {}
    return status?.observedGeneration === generation && status.rollout.phase === 'converged'
  })
}

/** Advances the clock until the call is answered, because the call needs time to pass. */
export async function inTime<Answer>({ clock }: PlaneFixture, call: Promise<Answer>): Promise<Answer> {
  let settled = false
  const mark = (): void => {
    settled = true
  }
  call.then(mark, mark)
  for (let passed = 0; !settled && passed < 600_000; passed += 100) await clock.advance(100)
  return call
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function actionsOf({ audit }: PlaneFixture): Promise<string[]> {
  return (await collect(audit.read())).map(({ action }) => action)
}

export function route(name = 'digits', spec: Partial<ModelRouteInput['spec']> = {}): ModelRouteInput {
  return {
    kind: 'ModelRoute',
    metadata: { name },
    spec: { operations: ['infer'], backends: [{ deployment: 'digits' }], ...spec },
  }
}

export async function registerVersions(
  registry: PlaneFixture['registry'],
  ...versions: readonly string[]
): Promise<void> {
  for (const version of versions) {
    await registry.register({
      name: 'digits',
      version,
      approval: 'approved',
      artifact: { kind: 'files', files: [{ uri: `file:///models/digits/${version}` }] },
    })
  }
}

export function digits(
  version: string,
  spec: Partial<ModelDeploymentInput['spec']> = {},
): ModelDeploymentInput {
  return {
    kind: 'ModelDeployment',
    metadata: { name: 'digits' },
    spec: { model: { registry: 'models', name: 'digits', version }, target: 'local', ...spec },
  }
}
