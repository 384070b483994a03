import type { ApplyResult, ObservedTarget } from '../../deployment-target/contract.ts'
import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { Result } from '../../reconcile/result.ts'
import type {
  DeploymentStatus,
  LedgerEntry,
  Placement,
  RequestedChange,
} from '../../resources/deployment/deployment-status.ts'
import { recordOutcome, withNotBefore } from '../machine/effects/effect-outcome.ts'
import type { Effect, Instruction, Look } from '../machine/machine-types.ts'
import { turnBack } from '../machine/moves/move.ts'
import { beginRollback } from '../machine/moves/rollback.ts'
import {
  comingPlacement,
  placementAt,
  servingPlacement,
  withoutOpenEffect,
  withPlacement,
} from '../machine/placement.ts'
import { candidateOf } from '../machine/status-edits.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { failedOperations, faultOf, withFault } from './fault.ts'
import { hindered } from './hindered.ts'
import { waitingOn } from './keep-safe.ts'
import type { Lookups } from './lookups.ts'
import { pollAfterMs, pollPriority } from './poll.ts'
import { lookTimes } from './reconciler-options.ts'
import { isEnding, ledgerEntry, sendEffect, wasNotSent } from './send-effect.ts'
import { aliasName, setAlias } from './set-alias.ts'
import { writeAnswer } from './write-answer.ts'

export interface Due {
  readonly instruction: Instruction
  readonly observed: ObservedTarget | undefined
  readonly look?: Look
  /** The aliases that registries did not take. */
  readonly aliases: Lookups
  /** Why the run could not see or do all that it should. */
  readonly hindrance?: unknown
}

/** Writes the ledger, sends the effect and writes the outcome. */
export async function carryOut(run: DeploymentRun, due: Due): Promise<Result> {
  const { instruction, hindrance } = due
  const { effect, events, urgent, finished, status, requeueAfterMs } = instruction
  if (effect !== undefined) {
    if (run.options.room?.(effect.target, run.key) !== false) return writeAndSend(run, due, effect)
    // Nothing is written down as sent that has to wait. The deployment is called back when there is room.
    const standing = hindrance === undefined ? status : withStandingFault(run, status, hindrance)
    await run.write(standing, events, urgent === true ? { urgent } : {})
    return again(run, standing, requeueAfterMs === 0 ? null : requeueAfterMs)
  }
  const settled = withStandingFault(run, status, hindrance)
  await run.write(settled, events, {
    ...(finished === true && { finalizers: [] }),
    ...(urgent === true && { urgent }),
  })
  if (finished === true) return { kind: 'done' }
  const { rollout } = settled
  if (rollout.phase === 'blocked' && rollout.reason === 'PolicyError') {
    return { kind: 'retry', cause: new ModelspineError('policy-error', rollout.message) }
  }
  const { alias } = instruction
  if (alias === undefined) return again(run, settled, requeueAfterMs)
  const postponed = due.aliases.postponed(run.key, aliasName(alias))
  if (postponed !== undefined) {
    return again(run, settled, Math.min(requeueAfterMs ?? Infinity, postponed.notBeforeMs - run.now))
  }
  if (isEnding(run.context.held) || !(await setAlias(run, alias, due.aliases))) return untold()
  // The answer stands in the conditions after the next look.
  return again(run, run.status, 0)
}

async function writeAndSend(run: DeploymentRun, due: Due, effect: Effect): Promise<Result> {
  const { instruction } = due
  const { events, urgent } = instruction
  // Nothing is written down that will surely not be sent.
  if (isEnding(run.context.held)) return untold()
  const at = placementAt(instruction.status, effect.target)
  const requested = at?.requested.find(({ change }) => change === effect.change)
  const { fence } = run.context.held
  const before = placementAt(run.status, effect.target)?.effect
  const entry = ledgerEntry(effect, before, requested, fence, run.options.clock)
  // The fault of an earlier try is removed only after an answer, so that retries of the same fault write
  // nothing.
  const ledger = withLedger(instruction.status, effect, entry)
  await run.write(ledger, events, urgent === true ? { urgent } : {})
  return send(run, due, effect, entry)
}

function untold(): Result {
  return {
    kind: 'retry',
    cause: new ModelspineError('aborted', 'the lease is about to end; nothing was sent'),
  }
}

async function send(run: DeploymentRun, due: Due, effect: Effect, entry: LedgerEntry): Promise<Result> {
  const { options, context, key } = run
  const target = options.targets[effect.target]
  if (target === undefined)
    throw new ModelspineError('plan-refused', `no target is called "${effect.target}"`)
  const { status } = run
  const isElsewhere = !servesAt(status, effect)
  const observed = (isElsewhere ? due.look?.observed : due.observed) ?? nothing
  const { requeueAfterMs } = due.instruction
  // The next look after an effect waits for its consequences.
  const nextMs = requeueAfterMs === 0 ? null : requeueAfterMs
  const handles = (placementAt(status, effect.target)?.handles ?? []).map(({ handle }) => handle)
  // A target that is emptied has no revisions in status any more, and may still speak of them.
  const applied = Object.values(status.revisions).filter(({ adopted }) => adopted !== true)
  const takeOver = status.takeOver !== undefined
  let result: ApplyResult
  try {
    const sending = { key, effect, entry, observed, handles, applied, takeOver }
    result = await waitingOn(run, sendEffect(options, target, sending, context))
  } catch (error) {
    options.sent(key, effect.kind, 'failed')
    // The target has changed since it was observed.
    if (isModelspineError(error, 'conflict')) return { kind: 'retry', cause: error }
    if (wasNotSent(error)) {
      const { code, message } = error as ModelspineError
      await writeOutcome(run, effect, entry, { kind: 'not-sent', reason: code, message })
    }
    if (isElsewhere) return postponed(run, effect, error)
    return hindered(run, error, nextMs)
  }
  options.sent(key, effect.kind, result.kind)
  if (result.kind === 'refused') return refused(run, effect, result)
  if (result.kind === 'not-sent' && isEnding(context.held)) {
    // The write may come too late for the lease. Then the next leader finds the entry and settles it.
    await writeOutcome(run, effect, entry, result).catch(() => {})
    return untold()
  }
  const answered = await writeOutcome(run, effect, entry, result, due.hindrance)
  switch (result.kind) {
    case 'busy':
      // Only the change waits for the target. The deployment is looked at as before.
      return again(run, answered, Math.min(nextMs ?? Infinity, result.retryAfterMs))
    case 'not-sent': {
      const cause = new ModelspineError('target-unavailable', `${result.reason}: ${result.message}`)
      return isElsewhere ? postponed(run, effect, cause) : hindered(run, cause, nextMs)
    }
    default:
      return again(run, answered, nextMs)
  }
}

const nothing: ObservedTarget = { revisions: [], operations: [] }

async function refused(
  run: DeploymentRun,
  effect: Effect,
  { reason, message }: { readonly reason: string; readonly message: string },
): Promise<Result> {
  const settled = withoutOpenEffect(run.status)
  const why = { cause: 'TargetRefused', message: `${reason}: ${message}` } as const
  const { rollout } = settled
  const coming = comingPlacement(settled)
  const candidate = rollout.phase === 'retargeting' ? undefined : candidateOf(rollout)
  const transition = servesAt(settled, effect)
    ? candidate && beginRollback(run, settled, candidate, why)
    : coming?.target === effect.target && turnBack(run, settled, { name: comingRevision(coming) }, why)
  if (typeof transition === 'object') {
    await run.write(transition.status, transition.events, { urgent: true })
    return { kind: 'requeue', afterMs: 0 }
  }
  await run.write(settled, [])
  return hindered(run, new ModelspineError('target-refused', why.message), null)
}

function comingRevision({ revisions }: Placement): string {
  return revisions[0]?.revision ?? ''
}

/**
 * A target that does not serve could not be told. It is told again later, and the others meanwhile. The
 * deployment itself is not hindered by it.
 */
async function postponed(run: DeploymentRun, effect: Effect, error: unknown): Promise<Result> {
  if (run.context.abortSignal.aborted) return hindered(run, error, null)
  const { key, options, now } = run
  options.logger.warn({ key, target: effect.target, ...faultOf(error) }, 'a target could not be told')
  const status = withNotBefore(run.status, effect, now + elsewhereRetryMs)
  await run.write(withStandingFault(run, status, error), [])
  return { ...again(run, run.status, null), cause: error }
}

/** How long to leave a target alone that does not serve and could not be told. */
const elsewhereRetryMs = 10_000

function writeOutcome(
  run: DeploymentRun,
  effect: Effect,
  entry: LedgerEntry,
  result: Exclude<ApplyResult, { kind: 'refused' }>,
  hindrance?: unknown,
): Promise<DeploymentStatus> {
  const scale = effect.want?.scale
  return writeAnswer(run, (before) => {
    const facts = { nowMs: run.now, ...(scale !== undefined && { scale }) }
    const { status, events } = recordOutcome(before, effect.target, entry, result, facts)
    return { status: result.kind === 'not-sent' ? status : withStandingFault(run, status, hindrance), events }
  })
}

/** The fault that the status shows: what hinders this run, or an operation that failed and is tried again. */
function withStandingFault(
  run: DeploymentRun,
  status: DeploymentStatus,
  hindrance: unknown,
): DeploymentStatus {
  const fault = hindrance === undefined ? failedOperations(status) : faultOf(hindrance)
  return withFault(status, fault, run.stored.generation, run.now)
}

function again(
  run: DeploymentRun,
  status: DeploymentStatus,
  afterMs: number | null,
): Extract<Result, { kind: 'requeue' }> {
  const poll = pollAfterMs(status, lookTimes(run.options), run.options.clock)
  if (afterMs !== null && afterMs < poll) return { kind: 'requeue', afterMs }
  return { kind: 'requeue', afterMs: poll, priority: pollPriority(status) }
}

function servesAt(status: DeploymentStatus, { target }: Effect): boolean {
  return servingPlacement(status)?.target === target
}

/** The status with the entry in the ledger. Every other entry gives way, because one effect is open at a time. */
function withLedger(status: DeploymentStatus, effect: Effect, entry: LedgerEntry): DeploymentStatus {
  const { change, operationId } = entry
  return withPlacement(withoutOpenEffect(status), effect.target, (at) => ({
    ...at,
    effect: entry,
    requested: at.requested.map((each): RequestedChange => {
      if (each.change !== change || each.operationId === operationId) return each
      // Another operation is not accepted yet.
      const { failed } = each
      return { change, accepted: false, operationId, ...(failed !== undefined && { failed }) }
    }),
  }))
}
