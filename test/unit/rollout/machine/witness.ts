import type { TargetWant } from '../../../../src/deployment-target/contract.ts'
import type { TargetStep } from '../../../../src/deployment-target/target-steps.ts'
import { sameJson } from '../../../../src/json.ts'
import { conditionOf } from '../../../../src/resources/deployment/condition.ts'
import type {
  DeploymentStatus,
  Phase,
  Rollout,
} from '../../../../src/resources/deployment/deployment-status.ts'
import type { Command } from '../../../../src/rollout/machine/commands.ts'
import type {
  Analysis,
  Declared,
  Effect,
  Instruction,
  Observed,
  RolloutEvent,
} from '../../../../src/rollout/machine/machine-types.ts'
import { weightOf } from '../../../../src/rollout/machine/status-edits.ts'
import { type Step, stepsOf } from '../../../../src/rollout/machine/strategy-steps.ts'
import { law } from './law.ts'
import type { World } from './world.ts'
import type { WorldTarget } from './world-target.ts'

export interface Witnessed {
  readonly before: DeploymentStatus
  readonly declared: Declared
  readonly observed: Observed
  readonly analysis: Analysis
  readonly instruction: Instruction
}

const requests: ReadonlySet<string> = new Set([
  'revision-requested',
  'revision-removal-requested',
  'split-requested',
  'scale-requested',
  'destroy-requested',
])

/** Sees everything that happens in a world and throws when a law is broken. It keeps its own records. */
export class Witness {
  /** How often an instruction was made in each phase. */
  readonly visits: Map<Phase, number>
  /** How often each revision was created. */
  readonly created: Map<string, number> = new Map()
  /** Revisions that were aborted and not retried since. */
  #aborted: Set<string> = new Set()
  /** Analyses of the rollout under way that passed or that a person skipped, as places in `#steps`. */
  #cleared: Set<number> = new Set()
  #steps: readonly Step[] = []

  constructor(visits: Map<Phase, number> = new Map()) {
    this.visits = visits
  }

  /** The deployment is declared again. */
  restart(): void {
    this.#aborted.clear()
    this.#cleared.clear()
  }

  asked(before: DeploymentStatus, { status, effect, events }: Instruction): void {
    law(
      status === before && effect === undefined && events.length === 0,
      'a question comes alone and changes nothing',
    )
  }

  refused(revision: string): void {
    this.#aborted.add(revision)
  }

  /** Checks an instruction. The records forget an instruction that was lost before it was written. */
  decided(world: World, seen: Witnessed, lost: boolean): void {
    const aborted = new Set(this.#aborted)
    const cleared = new Set(this.#cleared)
    this.#check(world, seen)
    if (!lost) return
    this.#aborted = aborted
    this.#cleared = cleared
  }

  #check(world: World, seen: Witnessed): void {
    const { before, instruction } = seen
    this.visits.set(before.rollout.phase, (this.visits.get(before.rollout.phase) ?? 0) + 1)
    this.#progress(seen)
    this.#split(seen)
    this.#stable(seen)
    this.#gates(world, seen)
    this.#noteAborts(instruction.events)
    this.#aborts(seen)
    this.#ledger(seen)
    this.#truth(seen)
  }

  commanded(
    world: World,
    before: DeploymentStatus,
    asked: Command,
    after: DeploymentStatus,
    events: readonly RolloutEvent[],
  ): void {
    const { stable } = before
    const isReady = before.revisions.some(
      ({ revision, state }) => revision.name === stable && state === 'ready',
    )
    const returned = isReady && sameJson(after.split, [{ revision: stable, weight: 100 }])
    law(
      sameJson(after.split, before.split) || (asked.kind === 'abort' && returned),
      'law 1: a command moves no traffic, except an abort to a ready stable revision',
    )
    law(sameJson(after.effect, before.effect), 'law 3: a command forgets no effect')
    law(
      after.stable === before.stable || weightOf(after.split, after.stable) === 100,
      'law 2: a revision that a person promotes to stable has all traffic',
    )
    law(sameJson(after, before) || events[0]?.actor !== undefined, `law 6: ${asked.kind} names its actor`)
    if (asked.kind === 'promote') this.#promoted(world, before.rollout, after.rollout, events)
    this.#noteAborts(events)
    if (asked.kind === 'retry' && 'revision' in before.rollout) this.#aborted.delete(before.rollout.revision)
  }

  /** Checks a step that the target is about to do. */
  mutation(world: World, target: WorldTarget, step: TargetStep, want: TargetWant | undefined): void {
    const alive = target.alive(world.now)
    if (step.kind === 'create') {
      const { name } = step.revision
      this.created.set(name, (this.created.get(name) ?? 0) + 1)
      law(
        alive.every(({ revision }) => revision.name !== name),
        `law 3: ${name} is created while it exists`,
      )
    }
    if (step.kind === 'split') {
      for (const { revision, health, weight } of alive) {
        const raised = weightOf(want?.split ?? [], revision.name) > weight
        law(!raised || health === 'ready', `law 1: ${revision.name} is raised at the target while ${health}`)
      }
    }
    if (step.kind === 'remove' && want !== undefined) {
      law(step.revision !== world.status?.stable, 'law 2: the stable revision is removed')
    }
  }

  #progress({ before, instruction }: Witnessed): void {
    const { status, effect, events, requeueAfterMs } = instruction
    law(requeueAfterMs === null || requeueAfterMs >= 0, 'nothing is due in the past')
    if (requeueAfterMs === 0 && effect === undefined) {
      law(!sameJson(before, status), () => `law 4: looks again at once, without any change: ${print(before)}`)
    }
    if (before.rollout.phase !== 'converged' || status.rollout.phase !== 'converged') return
    if (effect !== undefined) return
    const awaits = status.revisions.some(({ state }) => state === 'requested')
    law(events.length === 0 && (requeueAfterMs === null || awaits), 'law 4: converged is at rest')
  }

  #split({ before, instruction, observed }: Witnessed): void {
    const { status } = instruction
    const { split, rollout, stable } = status
    const emptied =
      rollout.phase === 'deleting' ||
      rollout.phase === 'retargeting' ||
      before.rollout.phase === 'retargeting'
    const sum = split.reduce((total, { weight }) => total + weight, 0)
    law(split.length === 0 || Math.abs(sum - 100) < 1e-9, `law 1: the split sums to ${sum}`)
    law(emptied || before.split.length === 0 || split.length > 0, 'law 1: the split becomes empty')
    const ready = (name: string): boolean =>
      observed.revisions.some(({ revision, state }) => revision === name && state === 'ready')
    for (const { revision, weight } of split) {
      law(
        status.revisions.some((each) => each.revision.name === revision),
        () => `law 1: ${revision} has a weight and is not wanted: ${print(status)}`,
      )
      law(
        weight <= weightOf(before.split, revision) || ready(revision),
        () => `law 1: ${revision} is raised to ${weight} % and is not ready: ${print(status)}`,
      )
    }
    if (!emptied && before.split.length > 0 && !observed.revisions.some(({ state }) => state === 'ready')) {
      law(sameJson(split, before.split), 'law 1: none is ready and the split moves')
    }
    if (split.length > 0 && stable !== undefined) {
      const unhealthy = conditionOf(status.conditions, 'StableUnhealthy')?.status === 'True'
      law(unhealthy === !ready(stable), 'law 1: StableUnhealthy tells the truth')
    }
    if (isSettled(rollout) && stable !== undefined) {
      law(
        sameJson(split, [{ revision: stable, weight: 100 }]),
        () => `law 1: all traffic is the stable revision's: ${print(status)}`,
      )
    }
  }

  #stable({ before, instruction, declared, observed }: Witnessed): void {
    const { status, effect } = instruction
    const { phase } = status.rollout
    if (phase === 'deleting') {
      law(declared.deletion !== undefined, 'law 2: deletion was not asked for')
      return
    }
    if (before.rollout.phase === 'retargeting') return
    if (phase === 'retargeting') {
      law(declared.spec.target.name !== before.target, 'law 2: another target was not asked for')
      return
    }
    law(before.stable === undefined || status.stable !== undefined, 'law 2: there is no stable revision left')
    if (status.stable === undefined) return
    if (status.stable !== before.stable) {
      const state = observed.revisions.find(({ revision }) => revision === status.stable)?.state
      law(state === 'ready', `law 2: becomes stable while ${state}`)
      law(weightOf(status.split, status.stable) === 100, 'law 2: becomes stable without all traffic')
    }
    law(
      status.revisions.some(({ revision }) => revision.name === status.stable),
      'law 2: the stable revision is not wanted',
    )
    law(effect?.kind !== 'destroy', 'law 2: the destroy was not asked for')
    law(
      effect?.kind !== 'retire' || weightOf(status.split, effect.revision) === 0,
      'law 2: a revision with traffic is retired',
    )
  }

  #gates(world: World, { before, instruction, declared, analysis }: Witnessed): void {
    const steps = stepsOf(declared.spec)
    const { events } = instruction
    if (!sameJson(steps, this.#steps)) this.#cleared.clear()
    this.#steps = steps
    if (events.some(({ action }) => action === 'rollout-started')) this.#cleared.clear()
    const from = before.rollout
    const movedOn = (at: { readonly step: number }): boolean =>
      events.some(({ action }) => action === 'rollout-completed') ||
      stepOf(instruction.status.rollout) > at.step
    law(from.phase !== 'holding' || !movedOn(from), 'law 6: a hold ended by itself')
    if (from.phase === 'analyzing' && movedOn(from)) {
      const step = steps[from.step]
      law(step?.kind === 'analyze', 'law 6: an analysis of nothing is passed')
      for (const name of step.gates) {
        const verdict = analysis.gates?.find(({ gate }) => gate === name)?.verdict
        law(verdict === 'pass', `law 6: ${name} is passed with ${verdict}`)
      }
      const measuredMs = world.now - Math.max(from.sinceMs, world.metricsSinceMs)
      law(measuredMs >= step.forMs, `law 6: passed after ${measuredMs} of ${step.forMs} ms`)
      this.#cleared.add(from.step)
    }
    const completed = events.some(({ action }) => action === 'rollout-completed')
    if (completed && before.stable !== undefined) this.#allCleared(from.phase)
  }

  #promoted(world: World, from: Rollout, to: Rollout, events: readonly RolloutEvent[]): void {
    const steps = stepsOf(world.spec)
    if (!sameJson(steps, this.#steps)) this.#cleared.clear()
    this.#steps = steps
    const skipped: string[] = []
    const place = 'step' in to ? to.step : steps.length
    for (let step = stepOf(from); step < place; step += 1) {
      const each = steps[step]
      if (each?.kind !== 'analyze') continue
      skipped.push(...each.gates)
      this.#cleared.add(step)
    }
    const event = events.find(({ action }) => action === 'rollout-promoted')
    law(sameJson(event?.details.skipped, skipped), 'law 6: skipped gates are audited')
    if (events.some(({ action }) => action === 'rollout-completed')) this.#allCleared('promote')
  }

  #allCleared(where: string): void {
    const open = this.#steps.findIndex((step, place) => step.kind === 'analyze' && !this.#cleared.has(place))
    law(open === -1, `law 6: completed from ${where} without the analysis of step ${open}`)
  }

  #noteAborts(events: readonly RolloutEvent[]): void {
    for (const { action, details } of events) {
      if (action !== 'rollout-failed' && action !== 'rollout-aborted') continue
      this.#aborted.add(String(details.revision))
    }
  }

  #aborts({ before, instruction }: Witnessed): void {
    const { status, effect, events } = instruction
    const started = events.find(({ action }) => action === 'rollout-started')?.details.revision
    law(!this.#aborted.has(String(started)), 'law 7: an aborted revision is started')
    // A revision with traffic is kept while no other revision is ready to take the traffic.
    const kept = weightOf(before.split, effect?.revision) > 0 || effect?.revision === status.stable
    if (effect?.kind === 'create' && !kept) {
      law(!this.#aborted.has(effect.revision ?? ''), 'law 7: an aborted revision is created')
    }
    for (const { revision, weight } of status.split) {
      const raised = revision !== status.stable && weight > weightOf(before.split, revision)
      law(!raised || !this.#aborted.has(revision), 'law 7: an aborted revision gets traffic')
    }
    if (status.rollout.phase === 'failed') {
      law(this.#aborted.has(status.rollout.revision), 'law 7: the failed revision was not aborted')
    }
  }

  /** Checks that the status tells people the truth. */
  #truth({ instruction, declared }: Witnessed): void {
    const { rollout, stable, conditions, paused } = instruction.status
    const ready = conditionOf(conditions, 'Ready')?.status === 'True'
    const wanted = declared.desired !== undefined && declared.desired.name === stable
    const there = declared.spec.target.name === instruction.status.target
    law(!ready || (wanted && there), 'Ready means that the declared revision serves at the declared target')
    law(
      rollout.phase !== 'converged' || wanted,
      () =>
        `converged on an undeclared revision: ${print(instruction.status)} paused ${paused !== undefined}`,
    )
  }

  /** Checks the machine's part of laws 5 and 9: each sent effect is in the ledger and audited once. */
  #ledger({ before, instruction }: Witnessed): void {
    const { effect, events, status } = instruction
    const asked = events.filter(({ action }) => requests.has(action)).length
    if (effect === undefined) {
      law(asked === 0, 'law 9: a request is audited that is not sent')
      return
    }
    const id = changeOf(effect)
    law(effect.change === id, `law 5: ${id} is written down as ${effect.change}`)
    const knows = ({ requested }: DeploymentStatus): boolean => requested.some(({ change }) => change === id)
    law(knows(status), `law 5: ${id} is not in the ledger`)
    law(asked === (knows(before) ? 0 : 1), `law 9: ${id} is audited ${asked} times`)
    law(
      effect.kind === 'destroy' || sameJson(effect.want?.split, status.split),
      'law 5: another split is sent',
    )
  }
}

/** Phases in which no candidate may have traffic. */
function isSettled(rollout: Rollout): boolean {
  const { phase } = rollout
  if (phase === 'blocked') return rollout.weight === 0
  return ['pending', 'starting', 'converged', 'failed', 'retiring'].includes(phase)
}

function stepOf(rollout: Rollout): number {
  return 'step' in rollout ? rollout.step : -1
}

function changeOf({ kind, revision, want }: Effect): string {
  switch (kind) {
    case 'create':
    case 'retire':
      return `${kind}:${revision}`
    case 'shift':
      return `shift:${want?.split.map((each) => `${each.revision}=${each.weight}`).join(',')}`
    case 'scale':
      return `scale:${want?.scale.min}-${want?.scale.max}`
    case 'destroy':
      return 'destroy'
  }
}

function print({ rollout, stable, split, revisions }: DeploymentStatus): string {
  const states = revisions.map(({ revision, state }) => `${revision.name} ${state}`)
  return JSON.stringify({ rollout, stable, split, states })
}
