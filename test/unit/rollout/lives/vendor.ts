import type {
  ApplyResult,
  ObservedOperation,
  ObservedRevision,
  TargetCapabilities,
  TargetWant,
} from '../../../../src/deployment-target/contract.ts'
import { type TargetStep, targetSteps } from '../../../../src/deployment-target/target-steps.ts'
import { sameJson } from '../../../../src/json.ts'
import type { Scale } from '../../../../src/resources/deployment/model-deployment.ts'
import type { Revision, Split } from '../../../../src/resources/deployment/revision.ts'
import { weightOf } from '../../../../src/rollout/machine/status-edits.ts'

export type Health = 'starting' | 'ready' | 'unready' | 'failed'

/** One copy of a revision. With random names, a caller can know the copy only by its id. */
export interface Copy {
  readonly id: string
  readonly revision: Revision
  health: Health
  readonly readyAtMs: number
  /** Until then, no list shows the copy. */
  readonly listedAtMs: number
  weight: number
  scale: Scale
  goneAtMs?: number
  /** Made although the answer was lost, then given up by a person's retry, delete or retarget. */
  forgotten?: boolean
  /** Not made by this life. At a target that the deployment does not use, nobody looks for it. */
  left?: boolean
}

export interface Delays {
  readonly readyMs: number
  readonly goneMs: number
  /** The time from the acceptance of a new split until the split is in force. */
  readonly splitMs: number
  /** The time from a creation until lists show it. */
  readonly listMs: number
}

/** What a vendor has. Everything takes time. */
export class Vendor {
  readonly capabilities: TargetCapabilities
  readonly delays: Delays
  copies: Copy[] = []
  /** The newest operations that were taken and failed. */
  failed: readonly ObservedOperation[] = []
  /** Rises with each mutation. */
  version = 0
  /** Called before a mutation happens. */
  onStep: (step: TargetStep, want: TargetWant | undefined) => void = () => {}
  /** Whether a revision can never become ready. */
  isBroken: (revision: Revision) => boolean = () => false
  readonly #now: () => number
  #ids = 0
  #pending: { readonly atMs: number; readonly split: Split } | undefined

  constructor(capabilities: TargetCapabilities, delays: Delays, now: () => number) {
    this.capabilities = capabilities
    this.delays = delays
    this.#now = now
  }

  /** What a list shows to a caller with these handles. */
  list(handles: readonly string[]): readonly ObservedRevision[] {
    const now = this.#now()
    const listed = this.#addressed(handles).filter(({ listedAtMs }) => listedAtMs <= now)
    return listed.map((copy) => this.#show(copy))
  }

  /** All copies that are not forgotten, even those that no caller can see. */
  alive(): readonly Copy[] {
    this.#pass()
    return this.copies.filter((copy) => copy.forgotten !== true)
  }

  apply(want: TargetWant, handles: readonly string[]): ApplyResult {
    const observed = { revisions: this.list(handles), operations: [] }
    const [step] = targetSteps(want, observed, this.capabilities)
    if (step === undefined) return { kind: 'unchanged' }
    if (step.kind === 'wait') return { kind: 'busy', retryAfterMs: 1_000 }
    if (step.kind === 'create' && this.#nameIsTaken(step.revision)) return { kind: 'unchanged' }
    this.onStep(step, want)
    return this.#mutate(step, want, handles)
  }

  destroy(handles: readonly string[]): Exclude<ApplyResult, { kind: 'refused' }> {
    // The vendor itself knows what its lists do not show yet.
    const there = this.#addressed(handles).map((copy) => this.#show(copy))
    const next = there.find((each) => each.state !== 'stopping')
    if (next === undefined) {
      return there.length > 0 ? { kind: 'busy', retryAfterMs: 1_000 } : { kind: 'unchanged' }
    }
    const step: TargetStep = { kind: 'remove', revision: next.revision }
    this.onStep(step, undefined)
    return this.#mutate(step, undefined, handles)
  }

  /** Takes an operation that does nothing and fails. */
  fail(operationId: string): void {
    const operation = { operationId, state: 'failed', reason: 'NoCapacity' } as const
    this.failed = [...this.failed, operation].slice(-5)
  }

  /** Adds a copy that an earlier life left behind. */
  leave(revision: Revision, scale: Scale): void {
    this.#add(revision, scale).left = true
  }

  /** Milliseconds until something changes by itself; undefined when nothing will. */
  nextChangeMs(): number | undefined {
    const now = this.#now()
    const times = this.alive().flatMap(({ health, readyAtMs, listedAtMs, goneAtMs }) => [
      ...(health === 'starting' ? [readyAtMs] : []),
      ...(goneAtMs === undefined ? [] : [goneAtMs]),
      listedAtMs,
    ])
    if (this.#pending !== undefined) times.push(this.#pending.atMs)
    const next = Math.min(...times.filter((atMs) => atMs > now))
    return Number.isFinite(next) ? next - now : undefined
  }

  #mutate(
    step: TargetStep,
    want: TargetWant | undefined,
    handles: readonly string[],
  ): Extract<ApplyResult, { kind: 'accepted' }> {
    const visible = this.#addressed(handles)
    this.version += 1
    switch (step.kind) {
      case 'create': {
        const { id } = this.#add(step.revision, want?.scale ?? { min: 1, max: 1 })
        return this.capabilities.names === 'random' ? { kind: 'accepted', handle: id } : { kind: 'accepted' }
      }
      case 'remove':
        for (const copy of visible) {
          if (copy.revision.name === step.revision) copy.goneAtMs ??= this.#now() + this.delays.goneMs
        }
        return { kind: 'accepted' }
      case 'split':
        this.#split(want?.split ?? [])
        return { kind: 'accepted' }
      case 'scale':
        for (const copy of visible) {
          if (copy.revision.name === step.revision && want !== undefined) copy.scale = want.scale
        }
        return { kind: 'accepted' }
      case 'wait':
        throw new Error('a wait is no mutation')
    }
  }

  /** Ignores a split that is already pending. */
  #split(split: Split): void {
    if (sameJson(this.#pending?.split, split)) return
    this.#pending = { atMs: this.#now() + this.delays.splitMs, split }
    this.#pass()
  }

  #add(revision: Revision, scale: Scale): Copy {
    this.#ids += 1
    const { readyMs, listMs } = this.delays
    const now = this.#now()
    const copy: Copy = {
      id: this.capabilities.names === 'random' ? `${revision.name}-${this.#ids}` : revision.name,
      revision,
      health: 'starting',
      readyAtMs: now + readyMs,
      listedAtMs: now + listMs,
      weight: 0,
      scale,
    }
    this.copies.push(copy)
    return copy
  }

  /** A vendor with names of the caller's choice has each name once, whatever its lists show. */
  #nameIsTaken({ name }: Revision): boolean {
    return this.capabilities.names !== 'random' && this.copies.some(({ id }) => id === name)
  }

  /** The copies that a caller with these handles can name. */
  #addressed(handles: readonly string[]): readonly Copy[] {
    this.#pass()
    return this.capabilities.names === 'random'
      ? this.copies.filter(({ id }) => handles.includes(id))
      : this.copies
  }

  #show({ revision, health, weight, scale, goneAtMs }: Copy): ObservedRevision {
    const state = goneAtMs === undefined ? health : 'stopping'
    return {
      revision: revision.name,
      state,
      scale,
      ...(state !== 'ready' && { reason: `Is${state}` }),
      ...(state === 'ready' && { endpoint: { protocol: 'memory', address: revision.name } }),
      ...(this.capabilities.split !== 'none' && { weight }),
    }
  }

  #pass(): void {
    const now = this.#now()
    this.copies = this.copies.filter(({ goneAtMs }) => goneAtMs === undefined || goneAtMs > now)
    for (const copy of this.copies) {
      if (copy.health === 'starting' && copy.readyAtMs <= now) {
        copy.health = this.isBroken(copy.revision) ? 'failed' : 'ready'
      }
    }
    if (this.#pending !== undefined && this.#pending.atMs <= now) {
      for (const copy of this.copies) copy.weight = weightOf(this.#pending.split, copy.revision.name)
      this.#pending = undefined
    }
  }
}
