import { type Clock, systemClock } from '../clock.ts'
import { ModelspineError, throwIfAborted } from '../errors.ts'
import type { Endpoint, Revision } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type {
  ApplyOptions,
  ApplyResult,
  DeploymentTarget,
  ObservedTarget,
  SettingsProblem,
  TargetCapabilities,
} from './contract.ts'
import { createFaultQueue, type MemoryFaults } from './memory-faults.ts'
import { mutateMemory } from './memory-mutation.ts'
import { observeMemory, visibleRevisions } from './memory-observation.ts'
import { createMemoryWorld, type MemoryWorld, stateOf } from './memory-world.ts'
import { describeTargetStep, targetSteps } from './target-steps.ts'
import { wantRefusal } from './want-refusal.ts'

export interface MemoryTargetOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock
  /**
   * Replace single defaults. The defaults are ten revisions, no split, deterministic names, checked fences,
   * attribution by address, scale to zero, and no mirror.
   */
  readonly capabilities?: Partial<TargetCapabilities>
  /** Time from created to ready, in milliseconds. Default 0. */
  readonly readyAfterMs?: number
  /** Time from removed to gone, in milliseconds. Default 0. */
  readonly goneAfterMs?: number
  /**
   * The endpoint of a ready revision. Default: protocol `memory`, address
   * `memory://namespace/name/revision`.
   */
  readonly endpoint?: (key: Key, revision: Revision) => Endpoint
  /** The problems of settings. By default every setting is valid. */
  readonly checkSettings?: DeploymentTarget['checkSettings']
  /** The world that the target acts upon. Default: a new one. */
  readonly world?: MemoryWorld
}

export interface MemoryTarget extends DeploymentTarget, MemoryFaults {
  readonly world: MemoryWorld
}

const defaults: TargetCapabilities = {
  maxRevisions: 10,
  split: 'none',
  names: 'deterministic',
  fencing: 'checked',
  attribution: 'address',
  scaleToZero: true,
  mirror: false,
}

/**
 * A simulated target that behaves as its capabilities declare, with faults on demand. It serves no requests,
 * unless `endpoint` points to a real server.
 *
 * With `names: 'random'` it behaves like a vendor with random names: a caller sees only the revisions whose
 * handles it gives. So a create whose answer was lost cannot be found again.
 */
export function memoryTarget(options: MemoryTargetOptions = {}): MemoryTarget {
  const clock = options.clock ?? systemClock
  const world = options.world ?? createMemoryWorld()
  const state = stateOf(world)
  const capabilities: TargetCapabilities = { ...defaults, ...options.capabilities }
  const endpoint = options.endpoint ?? defaultEndpoint
  const faults = createFaultQueue()
  const scene = { state, clock, capabilities, endpoint }

  const checkFence = (key: Key, fence: number): void => {
    if (capabilities.fencing !== 'checked') return
    const highest = state.fences.get(key) ?? fence
    if (fence < highest) {
      throw new ModelspineError(
        'fence-stale',
        `fence ${fence} for ${key} is older than the newest fence ${highest}`,
      )
    }
    state.fences.set(key, fence)
  }
  const observe = (key: Key, handles: readonly string[] | undefined): ObservedTarget =>
    observeMemory(scene, key, handles)

  return {
    ...faults,
    world,
    capabilities,
    checkSettings: (settings): readonly SettingsProblem[] => options.checkSettings?.(settings) ?? [],
    ...(options.endpoint === undefined && { protocols: () => ['memory'] }),
    plan: (want, observed) =>
      wantRefusal(want, capabilities) ?? {
        kind: 'steps',
        steps: targetSteps(want, observed, capabilities).map(describeTargetStep),
      },

    async apply(key, want, call): Promise<ApplyResult> {
      throwIfAborted(call.abortSignal, 'the call')
      const leave = faults.enter('apply')
      const instead = faults.busy() ?? faults.refusal()
      if (instead !== undefined) return instead
      checkFence(key, call.fence)
      const refusal = wantRefusal(want, capabilities)
      if (refusal !== undefined) return refusal
      const observed = observe(key, call.handles)
      checkVersion(key, call, observed, capabilities)
      const [step] = targetSteps(want, observed, capabilities)
      if (step === undefined) return { kind: 'unchanged' }
      if (step.kind === 'wait') return { kind: 'busy', retryAfterMs: options.goneAfterMs ?? 0 }
      for (const reference of step.kind === 'create' ? Object.values(step.revision.runtime.secrets) : []) {
        await call.secret(reference)
        throwIfAborted(call.abortSignal, 'the call')
      }
      const handle = mutateMemory(scene, options, key, want, call, step)
      leave()
      return handle === undefined ? { kind: 'accepted' } : { kind: 'accepted', handle }
    },

    async observe(key, call) {
      throwIfAborted(call?.abortSignal, 'the call')
      faults.enter('observe')()
      return observe(key, call?.handles)
    },

    async list(call) {
      throwIfAborted(call?.abortSignal, 'the call')
      faults.enter('list')()
      if (capabilities.names === 'random') return []
      return [...state.deployments.keys()].filter((key) => observe(key, undefined).revisions.length > 0)
    },

    async destroy(key, call) {
      throwIfAborted(call.abortSignal, 'the call')
      const leave = faults.enter('destroy')
      const busy = faults.busy()
      if (busy !== undefined) return busy
      checkFence(key, call.fence)
      const [next] = observe(key, call.handles).revisions.filter((each) => each.state !== 'stopping')
      if (next === undefined) {
        const stopping = visibleRevisions(scene, key, call.handles).length > 0
        return stopping ? { kind: 'busy', retryAfterMs: options.goneAfterMs ?? 0 } : { kind: 'unchanged' }
      }
      mutateMemory(scene, options, key, undefined, call, { kind: 'remove', revision: next.revision })
      leave()
      return { kind: 'accepted' }
    },
  }
}

function defaultEndpoint(key: Key, revision: Revision): Endpoint {
  return { protocol: 'memory', address: `memory://${key}/${revision.name}`, model: revision.model.name }
}

function checkVersion(
  key: Key,
  { ifMatch }: ApplyOptions,
  { etag }: ObservedTarget,
  { fencing }: TargetCapabilities,
): void {
  if (fencing !== 'conditional' || ifMatch === undefined || ifMatch === etag) return
  throw new ModelspineError('conflict', `${key} has changed: its etag is ${etag ?? 'gone'}, not ${ifMatch}`)
}
