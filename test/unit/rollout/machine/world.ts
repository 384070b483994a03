import type { TargetCapabilities } from '../../../../src/deployment-target/contract.ts'
import { isModelspineError } from '../../../../src/errors.ts'
import { sameJson } from '../../../../src/json.ts'
import type {
  DeploymentStatus,
  GateResult,
  LedgerEntry,
} from '../../../../src/resources/deployment/deployment-status.ts'
import type { ModelDeploymentSpec } from '../../../../src/resources/deployment/model-deployment.ts'
import type { Revision } from '../../../../src/resources/deployment/revision.ts'
import { durationMs } from '../../../../src/resources/duration.ts'
import type { Actor } from '../../../../src/resources/metadata.ts'
import { type Command, command } from '../../../../src/rollout/machine/commands.ts'
import { decide } from '../../../../src/rollout/machine/decide.ts'
import { recordOutcome } from '../../../../src/rollout/machine/effects/effect-outcome.ts'
import type {
  Analysis,
  Declared,
  Effect,
  Instruction,
  Need,
  Permit,
} from '../../../../src/rollout/machine/machine-types.ts'
import { beginRollback } from '../../../../src/rollout/machine/moves/rollback.ts'
import { candidateOf, initialStatus } from '../../../../src/rollout/machine/status-edits.ts'
import { ada, revisionFor, startMs } from './fixtures.ts'
import type { Witness } from './witness.ts'
import { type Delays, WorldTarget } from './world-target.ts'

export type GateMode = 'pass' | 'fail' | 'fail-early' | 'too-few-samples' | 'no-data' | 'error'

/** Where a run is killed. Each instruction, effect or answer after that point is lost. */
export type Kill = 'never' | 'before-ledger' | 'before-send' | 'before-outcome'

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

const anybody: Actor = { name: 'grace' }

/** Everything around one deployment: its spec, its targets, its permits and its measurements. */
export class World {
  now: number = startMs
  spec: ModelDeploymentSpec
  /** The model version that the reference resolves to. Undefined while the reference leads nowhere. */
  version: number | undefined = 1
  deleted = false
  status: DeploymentStatus | undefined
  /** By model version. Other versions are allowed. */
  readonly verdicts: Map<number, Permit['verdict']> = new Map()
  /** By model version. Other versions pass. */
  readonly modes: Map<number, GateMode> = new Map()
  /** Versions that never become ready. */
  readonly broken: Set<number> = new Set()
  /** The time of the metric source's last restart. */
  metricsSinceMs: number = startMs - 1
  /** How many effects were sent. */
  sent = 0
  readonly witness: Witness
  readonly #targets: Map<string, WorldTarget> = new Map()
  readonly #setting: Setting
  #generation = 1
  #operations = 0

  constructor(setting: Setting, witness: Witness) {
    this.#setting = setting
    this.spec = setting.spec
    this.witness = witness
    for (const [place, { mode, verdict, broken }] of (setting.natures ?? []).entries()) {
      this.modes.set(place + 1, mode)
      this.verdicts.set(place + 1, verdict)
      if (broken) this.broken.add(place + 1)
    }
  }

  /** The target that has the deployment's revisions now. */
  get target(): WorldTarget {
    const { status } = this
    return this.targetNamed(status?.target ?? this.spec.target.name)
  }

  targetNamed(name: string): WorldTarget {
    const known = this.#targets.get(name)
    if (known !== undefined) return known
    const target = new WorldTarget(this.#setting.capabilities, this.#setting.delays)
    target.isBroken = ({ model }) => this.broken.has(Number(model.version))
    target.onStep = (step, want) => this.witness.mutation(this, target, step, want)
    this.#targets.set(name, target)
    return target
  }

  get desired(): Revision | undefined {
    return this.version === undefined ? undefined : revisionFor(this.version, this.spec)
  }

  declare(spec: ModelDeploymentSpec): void {
    this.spec = spec
    this.#generation += 1
  }

  /** Declares the deployment again after its removal, or for the first time. */
  restart(): void {
    this.deleted = false
    this.status = undefined
    this.#generation = 1
    this.witness.restart()
  }

  /** Gives a command of a person. Returns false when the phase does not allow it or nothing is stored. */
  person(asked: Command): boolean {
    const before = this.status
    if (before === undefined) return false
    try {
      const { status, events } = command(before, this.spec, asked, anybody, this.now)
      this.witness.commanded(this, before, asked, status, events)
      if (asked.kind === 'retry' && before.rollout.phase === 'stopped') this.#forgetLost()
      this.status = status
      return true
    } catch (error) {
      if (isModelspineError(error, 'wrong-phase')) return false
      throw error
    }
  }

  /** Looks as the loop does. Returns the time to the next look, or null when only an outside change helps. */
  reconcile(kill: Kill = 'never'): number | null {
    if (this.status === undefined && this.deleted) return null
    const before = this.status ?? initialStatus(this.now)
    const { target } = this
    const handles = before.handles.map(({ handle }) => handle)
    const observed = target.observe(handles, this.now)
    const { desired } = this
    const declared: Declared = {
      spec: this.spec,
      generation: this.#generation,
      actor: ada,
      capabilities: target.capabilities,
      missing: [],
      ...(desired !== undefined && !this.deleted && { desired }),
      ...(this.deleted && { deletion: { actor: anybody } }),
    }
    const { instruction, analysis } = this.#decide(before, declared, observed)
    const lost = kill === 'before-ledger'
    this.witness.decided(this, { before, declared, observed, analysis, instruction }, lost)
    if (lost) return 0
    const { effect } = instruction
    if (effect === undefined) {
      this.status = instruction.finished === true ? undefined : instruction.status
      if (instruction.finished === true) this.#forgetAll()
      return instruction.requeueAfterMs
    }
    const entry = this.#entry(before, effect)
    const pending: DeploymentStatus = { ...instruction.status, effect: entry }
    this.status = copied(pending)
    if (kill === 'before-send') return 0
    this.#send(this.targetNamed(effect.target), effect, entry, pending, handles, kill)
    return instruction.requeueAfterMs
  }

  #decide(
    before: DeploymentStatus,
    declared: Declared,
    observed: ReturnType<WorldTarget['observe']>,
  ): { readonly instruction: Instruction; readonly analysis: Analysis } {
    let analysis: Analysis = {}
    for (let asked = 0; asked < 4; asked += 1) {
      const instruction = decide(declared, before, observed, analysis, this.now)
      if (instruction.need === undefined) return { instruction, analysis }
      this.witness.asked(before, instruction)
      analysis = { ...analysis, ...this.#answer(instruction.need) }
    }
    throw new Error('the instruction keeps asking')
  }

  #send(
    target: WorldTarget,
    effect: Effect,
    entry: LedgerEntry,
    pending: DeploymentStatus,
    handles: readonly string[],
    kill: Kill,
  ): void {
    this.sent += 1
    const result =
      effect.want === undefined
        ? target.destroy(handles, this.now)
        : target.apply(effect.want, handles, this.now)
    if (result === 'lost' || kill === 'before-outcome') return
    if (result.kind !== 'refused') {
      this.status = copied(recordOutcome(pending, entry, result, { nowMs: this.now }).status)
      return
    }
    const { effect: _, ...settled } = pending
    const candidate = candidateOf(pending.rollout)
    if (candidate === undefined) {
      this.status = settled
      return
    }
    const reason = { cause: 'TargetRefused', message: result.message } as const
    const move = beginRollback(this, settled, candidate, reason)
    this.witness.refused(candidate)
    this.status = move.status
  }

  #entry({ effect: before }: DeploymentStatus, effect: Effect): LedgerEntry {
    const same = before?.change === effect.change
    this.#operations += 1
    return {
      operationId: same ? before.operationId : `operation-${this.#operations}`,
      kind: effect.kind,
      change: effect.change,
      sinceMs: same ? before.sinceMs : this.now,
      fence: 1,
      ...(effect.revision !== undefined && { revision: effect.revision }),
      ...(effect.elsewhere && { target: effect.target }),
    }
  }

  #answer(need: Need): Analysis {
    if (need.kind === 'permit') {
      const { revision, weight } = need
      const verdict = this.verdicts.get(Number(revision.model.version)) ?? 'allow'
      const approved = this.status?.approvals.some((each) => each.revision === revision.name) === true
      return {
        permit: {
          revision: revision.name,
          weight,
          verdict: verdict === 'approval-required' && approved ? 'allow' : verdict,
          message: `it is ${verdict}`,
          policyRevision: 'p1',
          findings: [],
        },
      }
    }
    if (need.kind === 'look') {
      const target = this.targetNamed(need.target)
      const handles = this.status?.coming?.handles.map(({ handle }) => handle) ?? []
      const observed = target.observe(handles, this.now)
      return { look: { target: need.target, capabilities: target.capabilities, observed } }
    }
    return { gates: need.gates.map((gate) => this.#measure(gate, need)) }
  }

  #measure(gate: string, { candidate, fromMs }: Extract<Need, { kind: 'gates' }>): GateResult {
    const version = [1, 2, 3, 4, 5].find((each) => revisionFor(each, this.spec).name === candidate)
    const mode = this.modes.get(version ?? 0) ?? 'pass'
    return {
      gate,
      verdict: mode === 'fail-early' ? 'fail' : mode,
      conclusive: mode === 'fail-early',
      ...(this.metricsSinceMs > fromMs && { coveredFromMs: this.metricsSinceMs }),
      message: `${gate}: ${mode}`,
    }
  }

  /** A person has looked, and says that the lost copies may be left alone. */
  #forgetLost(): void {
    const known = new Set(this.status?.handles.map(({ handle }) => handle))
    for (const copy of this.target.copies) if (!known.has(copy.id)) copy.forgotten = true
  }

  #forgetAll(): void {
    for (const { copies } of this.#targets.values()) for (const copy of copies) copy.forgotten = true
  }

  /** Ends the faults: each copy that is not broken by nature becomes ready, and each part answers. */
  heal(): void {
    this.version ??= 1
    for (const target of this.#targets.values()) {
      target.instead = undefined
      for (const copy of target.copies) {
        if (copy.health !== 'starting') copy.health = target.isBroken(copy.revision) ? 'failed' : 'ready'
      }
    }
    for (const [version, verdict] of this.verdicts) {
      if (verdict === 'error') this.verdicts.set(version, 'allow')
    }
  }

  /**
   * Lets time pass for as long as anything happens. Each reconcile takes its kill from `kills`. Returns false
   * when the world never comes to rest.
   */
  settle(kills: Kill[] = [], rounds = 600): boolean {
    const longest = Math.max(durationMs(this.spec.deadline), 3_600_000)
    let quiet = 0
    for (let round = 0; round < rounds; round += 1) {
      const before = this.status
      const afterMs = this.reconcile(kills.shift())
      if (this.status === undefined && this.deleted) return true
      const still = afterMs === null && sameJson(this.status, before)
      quiet = still ? quiet + 1 : 0
      // Quiet for longer than any delay of the target or any timer.
      if (quiet === 3) return true
      this.now += still ? longest : Math.max(1, afterMs ?? 5_000)
    }
    return false
  }
}

/** A copy, as a store returns it. */
function copied(status: DeploymentStatus): DeploymentStatus {
  return JSON.parse(JSON.stringify(status)) as DeploymentStatus
}
