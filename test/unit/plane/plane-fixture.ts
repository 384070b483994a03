import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  type ModelDeploymentInput,
  memoryAuditLog,
  memoryRegistry,
  memoryStore,
  type PlaneEvent,
} from '../../../src/index.ts'
import { memoryProvider } from '../../../src/provider/memory-provider.ts'
import type { AuditLog } from '../../../src/security/contract.ts'
import type { StateStore } from '../../../src/store/contract.ts'
import {
  type MemoryTarget,
  type MemoryTargetOptions,
  memoryTarget,
} from '../../../src/target/memory-target.ts'
import { createMemoryWorld, type MemoryWorld } from '../../../src/target/memory-world.ts'
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
  /** Advances in small steps until true; fails after `forMs`. */
  until(condition: () => Promise<boolean> | boolean, forMs?: number): Promise<void>
  phase(name?: string): Promise<string | undefined>
}

export interface FixtureOptions {
  readonly plane?: Partial<ControlPlaneOptions>
  readonly target?: MemoryTargetOptions
}

/** A plane over memory, with two approved versions of the model `digits`. */
export function planeFixture(options: FixtureOptions = {}): PlaneFixture {
  const clock = createFakeClock()
  const store = memoryStore({ clock })
  const audit = memoryAuditLog()
  const world = createMemoryWorld()
  const target = memoryTarget({ clock, world, readyAfterMs: 100, ...options.target })
  const registry = memoryRegistry({ name: 'models', clock })
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
