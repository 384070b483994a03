import type { AssertionError } from 'node:assert'
import type {
  ApplyResult,
  ObservedTarget,
  TargetWant,
} from '../../../../../src/deployment-target/contract.ts'
import type { TargetStep } from '../../../../../src/deployment-target/target-steps.ts'
import { sameJson } from '../../../../../src/json.ts'
import type { Result } from '../../../../../src/reconcile/result.ts'
import type { DeploymentStatus, Phase } from '../../../../../src/resources/deployment/deployment-status.ts'
import { formatReference } from '../../../../../src/resources/deployment/reference.ts'
import type { Command } from '../../../../../src/rollout/machine/commands.ts'
import type { RolloutEvent } from '../../../../../src/rollout/machine/machine-types.ts'
import { servingPlacement, targetOf } from '../../../../../src/rollout/machine/placement.ts'
import {
  desiredOf,
  initialStatus,
  mayRise,
  splitOf,
  weightOf,
} from '../../../../../src/rollout/machine/status-edits.ts'
import { nameRevision, revisionOf } from '../../../../../src/rollout/shell/revision-of.ts'
import type { AuditEntry } from '../../../../../src/security/contract.ts'
import type { PutStatusOptions } from '../../../../../src/store/contract.ts'
import type { TypedObject } from '../../../../../src/store/typed-store.ts'
import { here, ledgerOf } from '../../../../status.ts'
import type { Run, Sent } from '../run.ts'
import type { Vendor } from '../vendor.ts'
import type { World } from '../world.ts'
import { AbortLaw } from './abort-laws.ts'
import { checkAudited, checkFence, checkSent } from './effect-laws.ts'
import { GateLaw } from './gate-laws.ts'
import { law } from './law.ts'
import { LossLaw } from './loss-law.ts'
import { OperationLaw } from './operation-law.ts'
import { checkPace, checkReason, checkTruth } from './rest-laws.ts'
import { checkSplit, checkToldSplit } from './split-laws.ts'
import { checkStable } from './stable-laws.ts'
import type { Written } from './written.ts'

/** Sees all that the loop writes, sends and is answered, and throws when a law is broken. */
export class Witness {
  /** How many looks began in each phase. */
  readonly visits: Map<Phase, number>
  /** How often each revision was created. */
  readonly created: Map<string, number> = new Map()
  /** How many writes of the loop the store accepted, and how many effects were sent. */
  writes = 0
  sent = 0
  /** The last look that came to its end. */
  last: Run | undefined
  /** The first law that was broken. */
  broken: AssertionError | undefined
  readonly #aborts = new AbortLaw()
  readonly #gates = new GateLaw()
  readonly #losses = new LossLaw()
  readonly #operations = new OperationLaw()

  constructor(visits: Map<Phase, number> = new Map()) {
    this.visits = visits
  }

  /** The deployment is declared again. */
  restart(): void {
    this.#aborts.restart()
    this.#gates.restart()
    this.#operations.restart()
  }

  /** The loop asks the store for a write. */
  asksToWrite(run: Run, status: DeploymentStatus, options: PutStatusOptions): void {
    checkFence(run, options)
    law(
      options.events.length > 0 || options.finalizers !== undefined || !sameJson(run.status, status),
      'law 4: a status that did not change is written',
    )
  }

  /** The store accepted a write of the loop. */
  wrote(
    world: World,
    run: Run,
    stored: TypedObject<'ModelDeployment'>,
    after: DeploymentStatus,
    events: readonly AuditEntry[],
  ): void {
    this.writes += 1
    law(!run.lost, 'law 5: a write is accepted although another process has the lease')
    const before = stored.status ?? initialStatus(world.now)
    const { spec } = run
    const target = targetOf({ spec }, after)
    const from = servingPlacement(before)?.target
    const written: Written = {
      run,
      before,
      after,
      events,
      spec,
      deleting: stored.deletion !== undefined,
      desired: desiredIn(run, before),
      target,
      moved: from !== undefined && from !== target,
      observed: run.observed.get(target),
      now: world.now,
    }
    checkSplit(written)
    checkStable(written)
    checkReason(written)
    checkAudited(written)
    checkTruth(written)
    this.#losses.checkWritten(written)
    this.#operations.noteWritten(written)
    this.#gates.checkWritten(written, world.metricsSinceMs)
    this.#aborts.checkWritten(written)
  }

  /** A target answered a look. */
  observed(world: World, run: Run, target: string, observed: ObservedTarget): void {
    run.observed.set(target, observed)
    const known = here(run.status).revisions.map(({ revision }) => revision)
    this.#losses.noteObserved(target, observed, known, world.now)
    this.#operations.noteObserved(target, observed)
  }

  /** The loop makes a call to a target. */
  sends(world: World, run: Run, sent: Sent): void {
    run.sent.push(sent)
    this.sent += 1
    checkSent(run, sent)
    this.#operations.checkSent(run, sent, world.now)
    const splits = world.targetNamed(sent.target).capabilities.split !== 'none'
    if (splits && sent.want !== undefined) checkToldSplit(run, sent.target, sent.want)
  }

  /** A target answered a call. */
  answered(run: Run, sent: Sent, { kind }: ApplyResult, now: number): void {
    this.#operations.noteAnswer(run, sent, kind, now)
  }

  ended(run: Run, result: Result): void {
    this.last = run
    const phase = run.read?.status?.rollout.phase ?? 'pending'
    if (run.read !== undefined) this.visits.set(phase, (this.visits.get(phase) ?? 0) + 1)
    checkPace(run, result)
  }

  commanded(
    world: World,
    before: DeploymentStatus,
    asked: Command,
    after: DeploymentStatus,
    events: readonly RolloutEvent[],
  ): void {
    const { stable } = before
    const home = [{ revision: stable, weight: 100 }]
    const mayReturn = asked.kind === 'abort' && mayRise(before, stable) && sameJson(splitOf(after), home)
    law(
      sameJson(after.traffic, before.traffic) || mayReturn,
      'law 1: a command moves no traffic, except an abort, to a stable revision that was seen ready',
    )
    law(sameJson(ledgerOf(after), ledgerOf(before)), 'law 3: a command forgets no effect')
    law(
      after.stable === before.stable || weightOf(splitOf(after), after.stable) === 100,
      'law 2: a revision that a person promotes to stable has all traffic',
    )
    law(sameJson(after, before) || events[0]?.actor !== undefined, `law 6: ${asked.kind} names its actor`)
    if (asked.kind === 'promote') this.#gates.promoted(world.spec, before.rollout, after.rollout, events)
    this.#aborts.note(events)
    if (asked.kind === 'retry') this.#operations.restart()
    if (asked.kind === 'retry' && 'revision' in before.rollout) this.#aborts.retried(before.rollout.revision)
  }

  /** Checks a step that a vendor is about to do. */
  mutation(world: World, vendor: Vendor, step: TargetStep, want: TargetWant | undefined): void {
    const alive = vendor.alive()
    if (step.kind === 'create') {
      const { name } = step.revision
      this.created.set(name, (this.created.get(name) ?? 0) + 1)
      law(
        alive.every(({ revision }) => revision.name !== name),
        `law 3: ${name} is created while it exists`,
      )
    }
    if (step.kind === 'split') {
      const split = want?.split ?? []
      const anyReady = alive.some(
        ({ health, revision }) => health === 'ready' && weightOf(split, revision.name) > 0,
      )
      for (const { revision, health, weight } of alive) {
        const raised = anyReady && weightOf(split, revision.name) > weight
        law(!raised || health === 'ready', `law 1: ${revision.name} is raised at the target while ${health}`)
      }
    }
    if (step.kind === 'remove' && vendor === world.target.vendor && world.stored?.deletion === undefined) {
      law(step.revision !== world.status?.stable, 'law 2: the stable revision is removed')
    }
  }
}

/** The declared revision as the look knew it: what the registry answered, or else the last pin. */
function desiredIn({ resolved, spec }: Run, status: DeploymentStatus): string | undefined {
  if (resolved !== undefined) return revisionOf(resolved, spec).name
  const desired = desiredOf(status)
  if (desired === undefined || status.resolvedFrom !== formatReference(spec.model)) return undefined
  return nameRevision(desired.model, spec).name
}
