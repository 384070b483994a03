import type { DeploymentStatus } from '../../resources/deployment/deployment-status.ts'
import { absorb, limitsOf } from './absorb.ts'
import { conditionsOf } from './conditions.ts'
import { type Chosen, effectHere } from './effects/effect.ts'
import { effectElsewhere } from './effects/effect-elsewhere.ts'
import { outcomeUnknown, settle } from './effects/effect-outcome.ts'
import { type AliasDue, promotedAlias } from './effects/promoted-alias.ts'
import type { Analysis, Declared, Instruction, Observed } from './machine-types.ts'
import { advanceRollout } from './moves/advance-rollout.ts'
import { decideDeletion } from './moves/deletion.ts'
import { makeSafe, stayBlind } from './moves/make-safe.ts'
import { mayMove, move } from './moves/move.ts'
import { retire } from './moves/retire.ts'
import { rollBack } from './moves/rollback.ts'
import { startRollout } from './moves/start-rollout.ts'
import { comingPlacement, isTargetGone, openEffect, withoutComing, withoutGivenUp } from './placement.ts'
import { holding, servingRevisions, withoutUnnamed } from './status-edits.ts'
import { stepsOf } from './strategy-steps.ts'
import { type BlindContext, type Context, stay, type Transition } from './transition.ts'

/**
 * The next step of one deployment: at most one effect, the status to store before the effect is sent, and
 * when to look again. When the machine needs an answer first, the instruction asks for it in `need` and
 * changes nothing. `observed` is undefined when the target could not be looked at: then only safety moves are
 * made, by the last known state.
 */
export function decide(
  declared: Declared,
  status: DeploymentStatus,
  observed: Observed | undefined,
  analysis: Analysis,
  now: number,
): Instruction {
  const blind: BlindContext = { declared, analysis, now, steps: stepsOf(declared.spec) }
  const context: Context | undefined = observed === undefined ? undefined : { ...blind, observed }
  const known = withDesired(withoutOldTakeOver(withoutGivenUp(declared, status), now), declared.desired)
  const { status: seen, events: learnt } = see(context, known)
  const transition = transitionOf(blind, context, status, seen)
  if (transition.need !== undefined) {
    return { status, events: [], need: transition.need, requeueAfterMs: null }
  }
  const chosen = choose(blind, context, transition)
  const promoted = aliasDue(blind, context, transition, chosen)
  const next: DeploymentStatus = {
    ...promoted.status,
    // Without a look, or where the plane cannot run the spec, nothing is decided about this generation yet.
    ...(context !== undefined && declared.hindered !== true && { observedGeneration: declared.generation }),
  }
  const { effect, atMs } = chosen
  return {
    status: withoutUnnamed({ ...next, conditions: conditionsOf(blind, context, next) }),
    events: [...learnt, ...transition.events, ...chosen.events, ...promoted.events],
    requeueAfterMs: sooner(transition.requeueAfterMs, atMs === undefined ? null : Math.max(0, atMs - now)),
    ...(effect !== undefined && { effect }),
    ...(promoted.alias !== undefined && { alias: promoted.alias }),
    ...(transition.finished === true && { finished: true }),
    ...((transition.safe === true || transition.finished === true) && { urgent: true }),
  }
}

function withDesired(status: DeploymentStatus, desired: Declared['desired']): DeploymentStatus {
  if (desired === undefined) return status
  const held = holding(status, desired)
  return held.desired === desired.name ? held : { ...held, desired: desired.name }
}

/** A take-over that no change needed in this time is over, so that it does not override a newer fence later. */
const takeOverMs = 600_000

function withoutOldTakeOver(status: DeploymentStatus, now: number): DeploymentStatus {
  const { takeOver, ...rest } = status
  return takeOver !== undefined && now > takeOver.atMs + takeOverMs ? rest : status
}

function see(context: Context | undefined, status: DeploymentStatus): ReturnType<typeof settle> {
  if (context === undefined) return { status, events: [] }
  const { observed, now, declared } = context
  return settle(absorb(status, observed, now, limitsOf(declared.spec, declared.capabilities)), observed, now)
}

function transitionOf(
  blind: BlindContext,
  context: Context | undefined,
  before: DeploymentStatus,
  status: DeploymentStatus,
): Transition {
  const { declared, now } = blind
  if (declared.deletion !== undefined) {
    const isGone = isTargetGone(declared, status)
    const known = context ?? (isGone ? { ...blind, observed: nothing } : undefined)
    return known === undefined ? stay(status, blind) : decideDeletion(known, before, status)
  }
  const lost = context === undefined ? undefined : outcomeUnknown(context, before, status)
  if (lost !== undefined) return lost
  const safe = makeSafe(blind, status)
  if (safe !== undefined) return { ...safe, safe: true }
  if (status.rollout.phase === 'stopped') return stay(status, blind)
  const moves = mayMove(blind, status)
  if (comingPlacement(status) !== undefined && !moves) {
    return { status: withoutComing(status, now), events: [], requeueAfterMs: 0 }
  }
  const isGone = isTargetGone(declared, status)
  if (moves && declared.desired !== undefined && (context !== undefined || isGone)) {
    return move(blind, status, declared.desired)
  }
  return context === undefined ? stayBlind(blind, status) : goOn(context, status)
}

const nothing: Observed = { revisions: [], operations: [] }

/** The half of the machine that needs a fresh look: it begins, goes forward and removes. */
function goOn(context: Context, status: DeploymentStatus): Transition {
  const { rollout } = status
  switch (rollout.phase) {
    case 'retiring':
      return retire(context, status, rollout)
    case 'rolling-back':
      return rollBack(context, status, rollout)
  }
  if (context.declared.hindered === true) return stayBlind(context, status)
  switch (rollout.phase) {
    case 'starting':
    case 'shifting':
    case 'pausing':
    case 'analyzing':
    case 'holding':
      return advanceRollout(context, status, rollout)
    case 'deleting':
    case 'retargeting':
      // A deletion mark is never removed, so the key was created anew; or the move was given up.
      return startRollout(context, anew(status, context.now))
    default:
      return startRollout(context, status)
  }
}

/** The status without a stable revision that is no more, as a version that emptied the old target first left it. */
function anew(status: DeploymentStatus, now: number): DeploymentStatus {
  const { stable, ...rest } = status
  const isThere = servingRevisions(status).some(({ revision }) => revision === stable)
  const rollout = { phase: 'pending', sinceMs: now } as const
  return isThere ? { ...status, rollout } : { ...rest, traffic: [], rollout }
}

/** At most one effect, at the target that serves or elsewhere. */
function choose(
  blind: BlindContext,
  context: Context | undefined,
  { status, finished, moved }: Transition,
): Chosen {
  if (finished === true || moved === true) return { status, events: [] }
  // While nobody knows whether a create has happened, no other entry takes its place in the ledger.
  const last = openEffect(status)
  const open = last?.entry.kind === 'create' && last.at.role !== 'leaving' ? last.at : undefined
  const mayHere = context !== undefined && (open === undefined || open.role === 'serving')
  const here = mayHere ? effectHere(context, status) : { status, events: [] }
  if (here.effect !== undefined) return here
  if (status.rollout.phase === 'stopped') return here
  const elsewhere = effectElsewhere(blind, here.status)
  if (open !== undefined && elsewhere.effect?.target !== open.target) return here
  const atMs = Math.min(here.atMs ?? Infinity, elsewhere.atMs ?? Infinity)
  return {
    ...elsewhere,
    events: [...here.events, ...elsewhere.events],
    ...(Number.isFinite(atMs) && { atMs }),
  }
}

function aliasDue(
  blind: BlindContext,
  context: Context | undefined,
  { finished, moved }: Transition,
  { status, effect }: Chosen,
): AliasDue {
  const isGoing = finished === true || moved === true || blind.declared.deletion !== undefined
  if (isGoing || effect !== undefined) return { status, events: [] }
  return promotedAlias(blind, context, status)
}

function sooner(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}
