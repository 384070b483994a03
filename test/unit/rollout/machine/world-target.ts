import type {
  ApplyResult,
  ObservedRevision,
  ObservedTarget,
  TargetCapabilities,
  TargetWant,
} from '../../../../src/deployment-target/contract.ts'
import { type TargetStep, targetSteps } from '../../../../src/deployment-target/target-steps.ts'
import { wantRefusal } from '../../../../src/deployment-target/want-refusal.ts'
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
  weight: number
  scale: Scale
  goneAtMs?: number
  /** Made although the answer was lost, then given up by a person's retry, delete or retarget. */
  forgotten?: boolean
}

export interface Delays {
  readonly readyMs: number
  readonly goneMs: number
  /** The time from the acceptance of a new split until the split is in force. */
  readonly splitMs: number
}

/** A target that keeps the contract: one mutation for each call, and whole wants. Everything takes time. */
export class WorldTarget {
  readonly capabilities: TargetCapabilities
  readonly delays: Delays
  copies: Copy[] = []
  /** The fault of the next call. Only `lost-after` still does the work. */
  instead: 'busy' | 'refused' | 'lost-before' | 'lost-after' | undefined
  /** Called before a mutation happens. */
  onStep: (step: TargetStep, want: TargetWant | undefined) => void = () => {}
  /** Whether a revision can never become ready. */
  isBroken: (revision: Revision) => boolean = () => false
  #ids = 0
  #pending: { readonly atMs: number; readonly split: Split } | undefined

  constructor(capabilities: TargetCapabilities, delays: Delays) {
    this.capabilities = capabilities
    this.delays = delays
  }

  observe(handles: readonly string[], now: number): ObservedTarget {
    this.#pass(now)
    return { revisions: this.#visible(handles).map((copy) => this.#show(copy)), operations: [] }
  }

  apply(want: TargetWant, handles: readonly string[], now: number): ApplyResult | 'lost' {
    const refusal = wantRefusal(want, this.capabilities)
    if (refusal !== undefined) return refusal
    return this.#call(now, () => {
      const [step] = targetSteps(want, this.observe(handles, now), this.capabilities)
      if (step === undefined) return { kind: 'unchanged' }
      if (step.kind === 'wait') return { kind: 'busy', retryAfterMs: 1_000 }
      this.onStep(step, want)
      return this.#mutate(step, want, handles, now)
    })
  }

  destroy(handles: readonly string[], now: number): ApplyResult | 'lost' {
    if (this.instead === 'refused') this.instead = undefined
    return this.#call(now, () => {
      const next = this.observe(handles, now).revisions.find((each) => each.state !== 'stopping')
      if (next === undefined) {
        return this.#visible(handles).length > 0
          ? { kind: 'busy', retryAfterMs: 1_000 }
          : { kind: 'unchanged' }
      }
      const step: TargetStep = { kind: 'remove', revision: next.revision }
      this.onStep(step, undefined)
      return this.#mutate(step, undefined, handles, now)
    })
  }

  /** All copies here that are not forgotten, even those that no caller can see. */
  alive(now: number): readonly Copy[] {
    this.#pass(now)
    return this.copies.filter((copy) => copy.forgotten !== true)
  }

  /** Adds a copy that an earlier life left behind. */
  leave(revision: Revision, scale: Scale, now: number): string {
    const copy = this.#add(revision, scale, now)
    return copy.id
  }

  #call(now: number, act: () => ApplyResult): ApplyResult | 'lost' {
    this.#pass(now)
    const { instead } = this
    this.instead = undefined
    if (instead === 'busy') return { kind: 'busy', retryAfterMs: 500 }
    if (instead === 'refused') return { kind: 'refused', reason: 'QuotaExceeded', message: 'no room' }
    if (instead === 'lost-before') return 'lost'
    const result = act()
    return instead === 'lost-after' ? 'lost' : result
  }

  #mutate(
    step: TargetStep,
    want: TargetWant | undefined,
    handles: readonly string[],
    now: number,
  ): ApplyResult {
    const visible = this.#visible(handles)
    switch (step.kind) {
      case 'create': {
        const { id } = this.#add(step.revision, want?.scale ?? { min: 1, max: 1 }, now)
        return this.capabilities.names === 'random' ? { kind: 'accepted', handle: id } : { kind: 'accepted' }
      }
      case 'remove':
        for (const copy of visible) {
          if (copy.revision.name === step.revision) copy.goneAtMs ??= now + this.delays.goneMs
        }
        return { kind: 'accepted' }
      case 'split':
        this.#split(want?.split ?? [], now)
        return { kind: 'accepted' }
      case 'scale':
        for (const copy of visible) {
          if (copy.revision.name === step.revision && want !== undefined) copy.scale = want.scale
        }
        return { kind: 'accepted' }
      case 'wait':
        return { kind: 'busy', retryAfterMs: 1_000 }
    }
  }

  /** Ignores a split that is already pending. */
  #split(split: Split, now: number): void {
    if (sameJson(this.#pending?.split, split)) return
    this.#pending = { atMs: now + this.delays.splitMs, split }
    this.#pass(now)
  }

  #add(revision: Revision, scale: Scale, now: number): Copy {
    this.#ids += 1
    const id = this.capabilities.names === 'random' ? `${revision.name}-${this.#ids}` : revision.name
    const readyAtMs = now + this.delays.readyMs
    const copy: Copy = { id, revision, health: 'starting', readyAtMs, weight: 0, scale }
    this.copies.push(copy)
    return copy
  }

  #visible(handles: readonly string[]): readonly Copy[] {
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

  #pass(now: number): void {
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
