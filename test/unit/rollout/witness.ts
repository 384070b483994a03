import { expect } from 'vitest'
import { conditionOf } from '../../../src/resources/condition.ts'
import type { DeploymentStatus, Phase, Rollout } from '../../../src/resources/deployment-status.ts'
import type { Command } from '../../../src/rollout/commands.ts'
import type {
  Analysis,
  Decision,
  Declared,
  Effect,
  Observed,
  RolloutEvent,
} from '../../../src/rollout/decision.ts'
import { same } from '../../../src/rollout/same.ts'
import { shareOf } from '../../../src/rollout/status.ts'
import { type Step, stepsOf } from '../../../src/rollout/steps.ts'
import type { TargetWant } from '../../../src/target/contract.ts'
import type { TargetStep } from '../../../src/target/target-steps.ts'
import type { World } from './world.ts'
import type { WorldTarget } from './world-target.ts'

export interface Witnessed {
  readonly before: DeploymentStatus
  readonly declared: Declared
  readonly observed: Observed
  readonly analysis: Analysis
  readonly decision: Decision
}

const requests: ReadonlySet<string> = new Set([
  'revision-requested',
  'revision-removal-requested',
  'split-requested',
  'scale-requested',
  'destroy-requested',
])

/** Sees everything that happens in a world and throws when a law is broken. It keeps its own books. */
export class Witness {
  /** How often a decision was made in each phase. */
  readonly visits: Map<Phase, number>
  /** Revisions that were aborted and not retried since. */
  readonly #aborted: Set<string> = new Set()
  /** Analyses of the rollout under way that passed or that a person skipped, as places in `#steps`. */
  #cleared: Set<number> = new Set()
  #steps: readonly Step[] = []

  constructor(visits: Map<Phase, number> = new Map()) {
    this.visits = visits
  }

  /** The deployment is declared anew. */
  restart(): void {
    this.#aborted.clear()
    this.#cleared.clear()
  }

  asked(before: DeploymentStatus, { status, effect, events }: Decision): void {
    expect(status, 'a question changes nothing').toBe(before)
    expect([effect, events], 'a question comes without effect and events').toEqual([undefined, []])
  }

  refused(revision: string): void {
    this.#aborted.add(revision)
  }

  decided(world: World, seen: Witnessed): void {
    const { before, decision } = seen
    this.visits.set(before.rollout.phase, (this.visits.get(before.rollout.phase) ?? 0) + 1)
    this.#progress(seen)
    this.#split(seen)
    this.#stable(seen)
    this.#gates(world, seen)
    this.#noteAborts(decision.events)
    this.#aborts(seen)
    this.#ledger(seen)
  }

  commanded(
    world: World,
    before: DeploymentStatus,
    asked: Command,
    after: DeploymentStatus,
    events: readonly RolloutEvent[],
  ): void {
    expect(after.split, 'a command moves no traffic').toEqual(before.split)
    expect(after.effect, 'a command forgets no effect').toEqual(before.effect)
    if (after.stable !== before.stable) {
      expect(shareOf(after.split, after.stable), 'what a person promotes takes all traffic').toBe(100)
    }
    if (!same({ ...after, approvals: [] }, { ...before, approvals: [] })) {
      expect(events[0]?.actor, `${asked.kind} names its actor`).toBeDefined()
    }
    if (asked.kind === 'promote') this.#promoted(world, before.rollout, after.rollout, events)
    this.#noteAborts(events)
    if (asked.kind === 'retry' && 'revision' in before.rollout) this.#aborted.delete(before.rollout.revision)
  }

  /** What the target is about to do. */
  mutation(world: World, target: WorldTarget, step: TargetStep, want: TargetWant | undefined): void {
    const alive = target.alive(world.now)
    if (step.kind === 'create') {
      const twins = alive.filter(({ revision }) => revision.name === step.revision.name)
      expect(twins, `law 3: ${step.revision.name} is created while it exists`).toEqual([])
    }
    if (step.kind === 'split') {
      for (const { revision, health, percent } of alive) {
        const share = shareOf(want?.split ?? [], revision.name)
        if (share > percent)
          expect(health, `law 1: ${revision.name} gets ${share} % at the target`).toBe('ready')
      }
    }
    if (step.kind === 'remove' && want !== undefined) {
      expect(step.revision, 'law 2: the stable revision is removed').not.toBe(world.status?.stable)
    }
  }

  #progress({ before, decision }: Witnessed): void {
    const { status, effect, requeueAfterMs } = decision
    if (requeueAfterMs !== null) expect(requeueAfterMs).toBeGreaterThanOrEqual(0)
    if (requeueAfterMs === 0 && effect === undefined) {
      expect(same(before, status), 'looking again at once without any change').toBe(false)
    }
    const { rollout } = status
    if (before.rollout.phase !== 'converged' || rollout.phase !== 'converged' || effect !== undefined) return
    expect(decision.events, 'law 4: converged and silent').toEqual([])
    expect(requeueAfterMs, 'law 4: converged and at rest').toBe(null)
  }

  /** Law 1. */
  #split({ before, decision, observed }: Witnessed): void {
    const { status } = decision
    const { split, rollout, stable } = status
    const removing = rollout.phase === 'deleting' || rollout.phase === 'retargeting'
    const emptied = removing || before.rollout.phase === 'retargeting'
    const sum = split.reduce((total, { percent }) => total + percent, 0)
    if (split.length > 0) expect(sum, 'law 1: the split sums to 100').toBeCloseTo(100, 9)
    if (!emptied && before.split.length > 0) expect(split, 'law 1: the split is not empty').not.toEqual([])
    const ready = (name: string): boolean =>
      observed.revisions.some(({ revision, state }) => revision === name && state === 'ready')
    for (const { revision, percent } of split) {
      expect(
        status.revisions.some((each) => each.revision.name === revision),
        `law 1: ${revision} has a share and is not wanted`,
      ).toBe(true)
      if (percent > shareOf(before.split, revision)) {
        expect(ready(revision), `law 1: ${revision} is raised to ${percent} % in ${rollout.phase}`).toBe(true)
      }
    }
    if (!emptied && before.split.length > 0 && !before.split.some(({ revision }) => ready(revision))) {
      const raised = split.some(({ revision }) => ready(revision))
      if (!raised) expect(split, 'law 1: none is ready and the split stays').toEqual(before.split)
    }
    if (split.length > 0 && stable !== undefined) {
      const unhealthy = conditionOf(status.conditions, 'StableUnhealthy')?.status === 'True'
      expect(unhealthy, 'StableUnhealthy says so').toBe(!ready(stable))
    }
    if (isSettled(rollout) && stable !== undefined) {
      expect(split, `all traffic is the stable revision's while ${rollout.phase}`).toEqual([
        { revision: stable, percent: 100 },
      ])
    }
  }

  /** Law 2. */
  #stable({ before, decision, declared, observed }: Witnessed): void {
    const { status, effect } = decision
    const { phase } = status.rollout
    if (phase === 'deleting') return expect(declared.deletion, 'law 2: deletion was asked for').toBeDefined()
    if (phase === 'retargeting' || before.rollout.phase === 'retargeting') {
      if (before.rollout.phase !== 'retargeting') expect(declared.spec.target.name).not.toBe(before.target)
      return
    }
    if (before.stable !== undefined) {
      expect(status.stable, 'law 2: there is a stable revision').toBeDefined()
    }
    if (status.stable !== undefined && status.stable !== before.stable) {
      const state = observed.revisions.find(({ revision }) => revision === status.stable)?.state
      expect(state, 'law 2: what becomes stable is ready').toBe('ready')
      expect(shareOf(status.split, status.stable), 'law 2: and has all traffic').toBe(100)
    }
    if (status.stable === undefined) return
    const wanted = status.revisions.map(({ revision }) => revision.name)
    expect(wanted, 'law 2: the stable revision is wanted').toContain(status.stable)
    expect(effect?.kind, 'law 2: nobody asked for everything to go').not.toBe('destroy')
    if (effect?.kind === 'retire') {
      expect(shareOf(status.split, effect.revision), 'what has traffic is not retired').toBe(0)
    }
  }

  /** Law 6. */
  #gates(world: World, { before, decision, declared, analysis }: Witnessed): void {
    const steps = stepsOf(declared.spec)
    const { rollout } = decision.status
    if (!same(steps, this.#steps)) this.#cleared.clear()
    this.#steps = steps
    if (decision.events.some(({ action }) => action === 'rollout-started')) this.#cleared.clear()
    const from = before.rollout
    if (from.phase === 'analyzing' && movedOn(from, decision)) {
      const step = steps[from.step]
      const gates = step?.kind === 'analyze' ? step.gates : []
      for (const name of gates) {
        const verdict = analysis.gates?.find(({ gate }) => gate === name)?.verdict
        expect(verdict, `law 6: ${name} is passed`).toBe('pass')
      }
      if (step?.kind === 'analyze') {
        const measuredMs = world.now - Math.max(from.sinceMs, world.metricsSinceMs)
        expect(measuredMs, 'law 6: the step is measured in full').toBeGreaterThanOrEqual(step.forMs)
        this.#cleared.add(from.step)
      }
    }
    if (from.phase === 'holding' && movedOn(from, decision)) throw new Error('law 6: a hold ended by itself')
    const completed = decision.events.some(({ action }) => action === 'rollout-completed')
    if (completed && before.stable !== undefined) this.#allCleared(`${from.phase} to ${rollout.phase}`)
  }

  #promoted(world: World, from: Rollout, to: Rollout, events: readonly RolloutEvent[]): void {
    if (!('step' in from)) return
    const steps = stepsOf(world.spec)
    expect(
      same(steps, this.#steps) || this.#cleared.size === 0,
      'promoted under the steps it stands in',
    ).toBe(true)
    const place = 'step' in to ? to.step : steps.length
    const skipped: string[] = []
    for (let step = from.step; step < place; step += 1) {
      const each = steps[step]
      if (each?.kind !== 'analyze') continue
      skipped.push(...each.gates)
      this.#cleared.add(step)
    }
    const event = events.find(({ action }) => action === 'rollout-promoted')
    expect(event?.details.skipped, 'law 6: skipped gates are audited').toEqual(skipped)
    if (events.some(({ action }) => action === 'rollout-completed')) this.#allCleared('promoted')
  }

  #allCleared(where: string): void {
    const open = this.#steps.flatMap((step, place) =>
      step.kind === 'analyze' && !this.#cleared.has(place) ? [place] : [],
    )
    expect(open, `law 6: completed (${where}) with every analysis passed or skipped by a person`).toEqual([])
  }

  #noteAborts(events: readonly RolloutEvent[]): void {
    for (const { action, details } of events) {
      if (action === 'rollout-failed' || action === 'rollout-aborted')
        this.#aborted.add(String(details.revision))
    }
  }

  /** Law 7. */
  #aborts({ before, decision }: Witnessed): void {
    const { status, effect, events } = decision
    const started = events.find(({ action }) => action === 'rollout-started')
    if (started !== undefined) {
      expect(
        this.#aborted.has(String(started.details.revision)),
        'law 7: an aborted revision is started',
      ).toBe(false)
    }
    if (effect?.kind === 'create' && effect.revision !== status.stable) {
      expect(this.#aborted.has(effect.revision ?? ''), 'law 7: an aborted revision is created').toBe(false)
    }
    for (const { revision, percent } of status.split) {
      if (revision !== status.stable && percent > shareOf(before.split, revision)) {
        expect(this.#aborted.has(revision), 'law 7: an aborted revision gets traffic').toBe(false)
      }
    }
  }

  /** Laws 5 and 9, as far as they lie in the machine: what is sent was written down, and once. */
  #ledger({ before, decision }: Witnessed): void {
    const { effect, events, status } = decision
    const asked = events.filter(({ action }) => requests.has(action))
    if (effect === undefined) return expect(asked, 'no request without an effect').toEqual([])
    const id = changeOf(effect)
    expect(
      status.requested.map(({ change }) => change),
      'law 5: the effect is in the ledger',
    ).toContain(id)
    const open = before.requested.some(({ change }) => change === id)
    expect(asked.length, `law 9: ${id} is audited when it is first asked`).toBe(open ? 0 : 1)
    if (effect.kind !== 'destroy') expect(effect.want?.split).toEqual(status.split)
  }
}

/** Phases in which no candidate may have traffic. */
function isSettled(rollout: Rollout): boolean {
  const { phase } = rollout
  if (phase === 'blocked') return rollout.percent === 0
  return (
    phase === 'pending' ||
    phase === 'starting' ||
    phase === 'converged' ||
    phase === 'failed' ||
    phase === 'retiring'
  )
}

function movedOn(from: Rollout & { readonly step: number }, { status, events }: Decision): boolean {
  const { rollout } = status
  if (events.some(({ action }) => action === 'rollout-completed')) return true
  return 'step' in rollout && rollout.step > from.step
}

function changeOf({ kind, revision, want }: Effect): string {
  switch (kind) {
    case 'create':
    case 'retire':
      return `${kind}:${revision}`
    case 'shift':
      return `shift:${want?.split.map((each) => `${each.revision}=${each.percent}`).join(',')}`
    case 'scale':
      return `scale:${want?.scale.min}-${want?.scale.max}`
    case 'destroy':
      return 'destroy'
  }
}
