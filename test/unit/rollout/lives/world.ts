import type { TargetCapabilities } from '../../../../src/deployment-target/contract.ts'
import { isModelspineError } from '../../../../src/errors.ts'
import type { ModelRegistry } from '../../../../src/registry/contract.ts'
import type { DeploymentStatus } from '../../../../src/resources/deployment/deployment-status.ts'
import type {
  ModelDeployment,
  ModelDeploymentSpec,
} from '../../../../src/resources/deployment/model-deployment.ts'
import type { Revision } from '../../../../src/resources/deployment/revision.ts'
import type { Actor, Key } from '../../../../src/resources/metadata.ts'
import { type Command, command } from '../../../../src/rollout/machine/commands.ts'
import type { Permit } from '../../../../src/rollout/machine/machine-types.ts'
import { commitStatus } from '../../../../src/rollout/shell/commit-status.ts'
import { memoryStore } from '../../../../src/store/memory-store.ts'
import { type TypedObject, type TypedStore, typedStore } from '../../../../src/store/typed-store.ts'
import { createFakeClock, type FakeClock } from '../../../../src/testing/fake-clock.ts'
import { here, madeOf } from '../../../status.ts'
import { ada, startMs } from '../machine/fixtures.ts'
import type { Interruption } from './interruption.ts'
import { LoopProcess } from './loop-process.ts'
import { recordingRegistry } from './recording-registry.ts'
import { type Delays, Vendor } from './vendor.ts'
import { type VendorTarget, vendorTarget } from './vendor-target.ts'
import type { Witness } from './witness/witness.ts'

export type GateMode =
  | 'pass'
  | 'fail'
  | 'fail-early'
  | 'undecided'
  | 'too-few-samples'
  | 'no-data'
  | 'too-old'
  | 'error'

/** The nature of a model version, until an action changes it. */
export interface Nature {
  readonly mode: GateMode
  readonly verdict: Permit['verdict']
  /** It never becomes ready. */
  readonly broken: boolean
}

export interface Setting {
  /** For version 1 and the versions after it. Versions without a nature are fine. */
  readonly natures?: readonly Nature[]
  readonly spec: ModelDeploymentSpec
  readonly capabilities: TargetCapabilities
  readonly delays: Delays
}

export const key: Key = 'default/churn'
/** So long that no look is due to it, and every other time shows. */
export const resyncMs: number = 400 * 24 * 3_600_000
const grace: Actor = { name: 'grace' }

/** Everything around one deployment: a store, targets, a registry, permits, measurements and people. */
export class World {
  readonly clock: FakeClock = createFakeClock({ startMs })
  readonly store: TypedStore = typedStore(memoryStore({ clock: this.clock }))
  readonly registry: ModelRegistry
  readonly targetNames: readonly string[] = ['prod', 'spare']
  /** The model version that the reference resolves to. Undefined while the reference leads nowhere. */
  version: number | undefined = 1
  /** While true, the registry answers nothing. */
  registryAway = false
  /** By model version. Other versions are allowed. */
  readonly verdicts: Map<number, Permit['verdict']> = new Map()
  /** By model version. Other versions pass. */
  readonly modes: Map<number, GateMode> = new Map()
  /** Versions that never become ready. */
  readonly broken: Set<number> = new Set()
  /** The time of the metric source's last restart. */
  metricsSinceMs: number = startMs - 1
  /** The weights for which permits were asked. */
  readonly asked: number[] = []
  /** The calls that the registry got. */
  readonly registryCalls: string[] = []
  readonly witness: Witness
  /** The object in the store; null before the first declaration and after a removal. */
  stored: TypedObject<'ModelDeployment'> | null = null
  spec: ModelDeploymentSpec
  readonly #targets: Map<string, VendorTarget> = new Map()
  readonly #capabilities: TargetCapabilities
  #processes = 0
  #process: LoopProcess | undefined

  private constructor({ natures = [], spec, capabilities, delays }: Setting, witness: Witness) {
    this.spec = spec
    this.#capabilities = capabilities
    this.witness = witness
    for (const [place, { mode, verdict, broken }] of natures.entries()) {
      this.modes.set(place + 1, mode)
      this.verdicts.set(place + 1, verdict)
      if (broken) this.broken.add(place + 1)
    }
    for (const name of this.targetNames) {
      const vendor = new Vendor(capabilities, delays, () => this.now)
      vendor.isBroken = ({ model }) => this.broken.has(Number(model.version))
      vendor.onStep = (step, want) => this.witness.mutation(this, vendor, step, want)
      this.#targets.set(name, vendorTarget(vendor))
    }
    this.registry = recordingRegistry(this)
  }

  /** A world in which the deployment was declared and nobody has looked at it yet. */
  static async begin(setting: Setting, witness: Witness): Promise<World> {
    const world = new World(setting, witness)
    await world.#put(setting.spec, {})
    await world.takeOver()
    return world
  }

  get now(): number {
    return this.clock.now()
  }

  get status(): DeploymentStatus | undefined {
    return this.stored?.status
  }

  /** Whether the deployment was deleted and nothing of it is stored any more. */
  get isGone(): boolean {
    return this.stored === null
  }

  get checksFences(): boolean {
    return this.#capabilities.fencing === 'checked'
  }

  /** The target that has the deployment's revisions now. */
  get target(): VendorTarget {
    return this.targetNamed(here(this.status).target || this.spec.target.name)
  }

  get vendors(): readonly Vendor[] {
    return [...this.#targets.values()].map(({ vendor }) => vendor)
  }

  targetNamed(name: string): VendorTarget {
    const target = this.#targets.get(name)
    if (target === undefined) throw new Error(`no target is called ${name}`)
    return target
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return this.clock.advance(ms)
  }

  /** Declares a spec, unless the deployment is being deleted. */
  async declare(spec: ModelDeploymentSpec): Promise<void> {
    if (this.stored?.deletion !== undefined) return
    if (this.isGone) this.witness.restart()
    await this.#put(spec, {})
  }

  /** Declares other annotations: a write that gives the loop nothing to do. */
  async annotate(): Promise<void> {
    if (this.stored === null || this.stored.deletion !== undefined) return
    await this.#put(this.spec, { note: this.clock.id() })
  }

  async delete(): Promise<void> {
    const { now: nowMs } = this
    this.stored = await this.store.delete('ModelDeployment', key, { actor: grace, nowMs, events: () => [] })
  }

  /** Gives a command of a person. Returns false when the phase does not allow it or nothing is known yet. */
  async person(asked: Command): Promise<boolean> {
    const { stored, status: before } = this
    if (stored === null || before === undefined) return false
    try {
      const { status, events } = command(before, this.spec, asked, grace, this.now)
      this.witness.commanded(this, before, asked, status, events)
      if (asked.kind === 'retry' && before.rollout.phase === 'stopped') this.#forgetLost()
      const written = { store: this.store, clock: this.clock, committed: () => {} }
      this.stored = await commitStatus(written, stored, status, events, {})
      return true
    } catch (error) {
      if (isModelspineError(error, 'wrong-phase')) return false
      throw error
    }
  }

  /** A new process takes the lease, whoever has it. */
  async takeOver(): Promise<void> {
    if (this.#process !== undefined) await this.store.releaseLease(this.#process.lease)
    this.#processes += 1
    const lease = await this.store.acquireLease('modelspine', `process ${this.#processes}`, 15_000)
    if (lease === null) throw new Error('the lease is not free')
    this.#process = new LoopProcess(this, lease)
  }

  /**
   * One look of the process that holds the lease. Returns milliseconds until the next look, or null when only
   * a change from outside helps.
   */
  async look(interruption?: Interruption): Promise<number | null> {
    const process = this.#process
    if (process === undefined) throw new Error('no process runs')
    const result = await process.look(interruption)
    if (result === 'died') {
      await this.takeOver()
      return 0
    }
    // A process that lost the lease ends its work.
    if (process !== this.#process) return 0
    if (result.kind === 'retry') return 5_000
    return result.kind === 'requeue' && result.afterMs < resyncMs / 2 ? result.afterMs : null
  }

  permit(revision: Revision, weight: number, isApproved: boolean): Permit {
    this.asked.push(weight)
    const verdict = this.verdicts.get(Number(revision.model.version)) ?? 'allow'
    return {
      revision: revision.name,
      weight,
      verdict: verdict === 'approval-required' && isApproved ? 'allow' : verdict,
      message: `it is ${verdict}`,
      policyRevision: 'p1',
      findings: [],
    }
  }

  modeOf(revision: string): GateMode {
    return this.modes.get(Number(madeOf(this.status, revision)?.model.version)) ?? 'pass'
  }

  /** Milliseconds until a target changes by itself; undefined when none will. */
  nextChangeMs(): number | undefined {
    const next = Math.min(...this.vendors.map((vendor) => vendor.nextChangeMs() ?? Number.POSITIVE_INFINITY))
    return Number.isFinite(next) ? next : undefined
  }

  /** Everything that is left is nobody's any more. */
  forgetAll(): void {
    for (const { copies } of this.vendors) for (const copy of copies) copy.forgotten = true
  }

  /** Ends the faults: each copy that is not broken by nature becomes ready, and each part answers. */
  heal(): void {
    this.version ??= 1
    this.registryAway = false
    for (const target of this.#targets.values()) {
      target.fault = undefined
      target.away = false
      for (const copy of target.vendor.copies) {
        if (copy.health !== 'starting')
          copy.health = target.vendor.isBroken(copy.revision) ? 'failed' : 'ready'
      }
    }
    for (const [version, verdict] of this.verdicts) {
      if (verdict === 'error') this.verdicts.set(version, 'allow')
    }
  }

  async #put(spec: ModelDeploymentSpec, annotations: Readonly<Record<string, string>>): Promise<void> {
    this.spec = spec
    const resource: ModelDeployment = {
      apiVersion: 'modelspine.dev/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'churn', namespace: 'default', labels: {}, annotations },
      spec,
    }
    this.stored = await this.store.putSpec(resource, {
      actor: ada,
      finalizers: ['modelspine.dev/target'],
      nowMs: this.now,
      uid: this.clock.id(),
      events: () => [],
    })
  }

  /** A person has looked, and says that the lost copies may be left alone. */
  #forgetLost(): void {
    const known = new Set(here(this.status).handles.map(({ handle }) => handle))
    for (const copy of this.target.vendor.copies) if (!known.has(copy.id)) copy.forgotten = true
  }
}
