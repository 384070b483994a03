import { type Clock, systemClock } from '../clock.ts'
import { ModelspineError, throwIfAborted } from '../errors.ts'
import type { Endpoint, Revision } from '../resources/deployment/revision.ts'
import type { Key } from '../resources/metadata.ts'
import type { Secret } from '../security/contract.ts'
import { acceptFence } from './accept-fence.ts'
import type {
  ApplyOptions,
  ApplyResult,
  DeploymentTarget,
  KeyLook,
  ObservedTarget,
  ObserveOptions,
  SettingsProblem,
  TargetCapabilities,
  TargetCheck,
  TargetWant,
} from './contract.ts'
import { createDisturbedCalls, type Disturbable } from './memory-disturbance.ts'
import { createFaultQueue, type MemoryFaults } from './memory-faults.ts'
import { failInMemory, mutateMemory } from './memory-mutation.ts'
import { observeMemory, vendorView, visibleRevisions } from './memory-observation.ts'
import { createMemoryWorld, type MemoryWorld, stateOf } from './memory-world.ts'
import { describeTargetStep, type TargetStep, targetSteps } from './target-steps.ts'
import { type TargetRefusal, wantRefusal } from './want-refusal.ts'

export interface MemoryTargetOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock
  /**
   * Replace single defaults. The defaults are ten revisions, no split, deterministic names, checked fences,
   * attribution by address, a reported scale, scale to zero, and no mirror.
   */
  readonly capabilities?: Partial<TargetCapabilities>
  /** Time from created to ready, in milliseconds. Default 0. */
  readonly readyAfterMs?: number
  /** Time from removed to gone, in milliseconds. Default 0. */
  readonly goneAfterMs?: number
  /**
   * Time from created to shown by `observe` and `list`, in milliseconds. Default 0. When given, it is declared as
   * the capability `listLagMs` too. A vendor with such lists knows at once what it created: where the names are
   * not random, `apply` finds it, and `destroy` removes it.
   */
  readonly listLagMs?: number
  /**
   * The endpoint of a ready revision. Default: protocol `memory`, address
   * `memory://namespace/name/revision`.
   */
  readonly endpoint?: (key: Key, revision: Revision) => Endpoint
  /** The problems of settings. By default every setting is valid. */
  readonly checkSettings?: DeploymentTarget['checkSettings']
  /** What the vendor alone finds wrong with a revision. `check` tells it, and `apply` is refused. Default: nothing. */
  readonly unfit?: (revision: Revision) => TargetRefusal | undefined
  /** Whether it has `observeMany`. Default false. */
  readonly observesMany?: boolean
  /** The world that the target acts upon. Default: a new one. */
  readonly world?: MemoryWorld
}

export interface MemoryTarget extends DeploymentTarget, MemoryFaults, Disturbable {
  readonly world: MemoryWorld
}

const defaults: TargetCapabilities = {
  maxRevisions: 10,
  split: 'none',
  names: 'deterministic',
  fencing: 'checked',
  attribution: 'address',
  scale: 'reported',
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
  const { listLagMs } = options
  const capabilities: TargetCapabilities = {
    ...defaults,
    ...(listLagMs !== undefined && { listLagMs }),
    ...options.capabilities,
  }
  const endpoint = options.endpoint ?? defaultEndpoint
  const { enter, busy, refusal, operation, ...faults } = createFaultQueue()
  const { run, disturb } = createDisturbedCalls(clock)
  const scene = { state, clock, capabilities, endpoint }

  function checkFence(key: Key, call: Pick<ApplyOptions, 'fence' | 'store' | 'takeOver'>): void {
    if (capabilities.fencing === 'checked')
      state.fences.set(key, acceptFence(key, state.fences.get(key), call))
  }

  function send(
    key: Key,
    want: TargetWant | undefined,
    call: Pick<ApplyOptions, 'operationId' | 'handles'>,
    step: TargetStep,
    secrets: readonly Secret[] = [],
  ): Extract<ApplyResult, { kind: 'accepted' | 'failed' }> {
    const fault = operation()
    const reason = secrets.reduce(
      (text, secret) => text.replaceAll(secret.reveal(), '[secret]'),
      fault?.reason ?? '',
    )
    if (fault?.told === 'answered') {
      return { kind: 'failed', reason, message: 'the vendor was told to fail the operation' }
    }
    const handle =
      fault === undefined
        ? mutateMemory(scene, options, key, want, call, step)
        : failInMemory(scene, key, call, reason)
    return handle === undefined ? { kind: 'accepted' } : { kind: 'accepted', handle }
  }

  async function apply(key: Key, want: TargetWant, call: ApplyOptions): Promise<ApplyResult> {
    throwIfAborted(call.abortSignal, 'the call')
    const { notSent, leave } = enter('apply')
    const instead = notSent ?? busy() ?? refusal()
    if (instead !== undefined) return instead
    checkFence(key, call)
    const refused = wantRefusal(want, capabilities)
    if (refused !== undefined) return refused
    const known = vendorView(scene, key, call.handles)
    checkVersion(key, call, known, capabilities)
    const [step] = targetSteps(want, known, capabilities)
    if (step === undefined) return { kind: 'unchanged' }
    if (step.kind === 'wait') return { kind: 'busy', retryAfterMs: options.goneAfterMs ?? 0 }
    const unfit = step.kind === 'create' ? options.unfit?.(step.revision) : undefined
    if (unfit !== undefined) return unfit
    const secrets: Secret[] = []
    for (const reference of step.kind === 'create' ? Object.values(step.revision.runtime.secrets) : []) {
      secrets.push(await call.secret(reference))
      throwIfAborted(call.abortSignal, 'the call')
    }
    const result = send(key, want, call, step, secrets)
    leave()
    return result
  }

  async function destroy(key: Key, call: Omit<ApplyOptions, 'secret' | 'ifMatch'>) {
    throwIfAborted(call.abortSignal, 'the call')
    const { notSent, leave } = enter('destroy')
    const instead = notSent ?? busy()
    if (instead !== undefined) return instead
    checkFence(key, call)
    const there = visibleRevisions(scene, key, call.handles).map(([, each]) => each)
    const next = there.find(({ goneAtMs }) => goneAtMs === undefined)
    if (next !== undefined) {
      const result = send(key, undefined, call, { kind: 'remove', revision: next.revision.name })
      leave()
      return result
    }
    if (there.length > 0) return { kind: 'busy', retryAfterMs: options.goneAfterMs ?? 0 } as const
    state.failed.delete(key)
    return { kind: 'unchanged' } as const
  }

  async function check(
    { revisions, ...want }: TargetWant,
    call: Pick<ObserveOptions, 'abortSignal'>,
  ): Promise<TargetCheck> {
    throwIfAborted(call.abortSignal, 'the call')
    enter('check').leave()
    const unfit = revisions.flatMap((each) => options.unfit?.(each) ?? [])[0]
    return wantRefusal({ revisions, ...want }, capabilities) ?? unfit ?? { kind: 'accepted', warnings: [] }
  }

  async function observe(key: Key, call: ObserveOptions): Promise<ObservedTarget> {
    throwIfAborted(call.abortSignal, 'the call')
    enter('observe').leave()
    return observeMemory(scene, key, call.handles)
  }

  async function observeMany(
    looks: readonly KeyLook[],
    call: Pick<ObserveOptions, 'abortSignal'>,
  ): Promise<ReadonlyMap<Key, ObservedTarget>> {
    throwIfAborted(call.abortSignal, 'the call')
    enter('observe').leave()
    return new Map(looks.map(({ key, handles }) => [key, observeMemory(scene, key, handles)] as const))
  }

  async function list(call: Pick<ObserveOptions, 'abortSignal'>): Promise<readonly Key[]> {
    throwIfAborted(call.abortSignal, 'the call')
    enter('list').leave()
    if (capabilities.names === 'random') return []
    return [...state.deployments.keys()].filter(
      (key) => observeMemory(scene, key, undefined).revisions.length > 0,
    )
  }

  return {
    ...faults,
    world,
    disturb,
    capabilities,
    checkSettings: (settings): readonly SettingsProblem[] => options.checkSettings?.(settings) ?? [],
    ...(options.endpoint === undefined && { protocols: () => ['memory'] }),
    plan: (want, observed) =>
      wantRefusal(want, capabilities) ?? {
        kind: 'steps',
        steps: targetSteps(want, observed, capabilities).map(describeTargetStep),
      },
    check: (_key, want, call = {}) => run(call, (each) => check(want, each)),
    apply: (key, want, call) => run(call, (each) => apply(key, want, each)),
    observe: (key, call = {}) => run(call, (each) => observe(key, each)),
    ...(options.observesMany === true && {
      observeMany: (looks: readonly KeyLook[], call = {}) => run(call, (each) => observeMany(looks, each)),
    }),
    list: (call = {}) => run(call, list),
    destroy: (key, call) => run(call, (each) => destroy(key, each)),
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
