import type { Clock } from '../../clock.ts'
import type { ApplyResult, ObservedTarget } from '../../deployment-target/contract.ts'
import { isModelspineError, type ModelspineError } from '../../errors.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type {
  EffectKind,
  LedgerEntry,
  RequestedChange,
} from '../../resources/deployment/deployment-status.ts'
import type { Revision } from '../../resources/deployment/revision.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Effect } from '../machine/machine-types.ts'
import type { ReconcileContext, ReconcilerOptions } from './reconciler-options.ts'
import type { ToldTarget } from './told-target.ts'

/**
 * No effect is begun when less than this is left of the lease. The call could arrive after another process
 * took over.
 */
const leastLifeMs = 50

/** Whether too little is left of the lease to begin anything. */
export function isEnding(held: HeldLease): boolean {
  return held.remainingMs() < leastLifeMs
}

export interface Sending {
  readonly key: Key
  readonly effect: Effect
  readonly entry: LedgerEntry
  readonly observed: ObservedTarget
  readonly handles: readonly string[]
  /** The revisions that the status holds. */
  readonly applied: readonly Revision[]
  /** A named actor gave the target to this store. */
  readonly takeOver: boolean
}

/**
 * Makes the one call of a ledger entry, if the lease still has enough time. The secrets
 * that the target asks for are known from then on.
 */
export async function sendEffect(
  { secret, knownSecrets }: Pick<ReconcilerOptions, 'secret' | 'knownSecrets'>,
  target: ToldTarget,
  { key, effect, entry, observed, handles, applied, takeOver }: Sending,
  { held, abortSignal }: ReconcileContext,
): Promise<ApplyResult> {
  if (isEnding(held)) {
    return notSent('LeaseEnds', `the lease ends in ${held.remainingMs()} ms; nothing was sent`)
  }
  const options = {
    operationId: entry.operationId,
    fence: entry.fence,
    store: held.store,
    handles,
    applied,
    abortSignal,
    ...(takeOver && { takeOver }),
  }
  try {
    if (effect.want === undefined) return await target.destroy(key, options)
    const plan = target.plan(effect.want, observed)
    if (plan.kind === 'refused') return plan
    return await target.apply(key, effect.want, {
      ...options,
      ...(observed.etag !== undefined && { ifMatch: observed.etag }),
      secret: (reference) => knownSecrets.learn(key, reference, secret(reference, abortSignal)),
    })
  } catch (error) {
    if (isModelspineError(error, 'target-refused')) {
      return { kind: 'refused', reason: 'TargetRefused', message: error.message }
    }
    throw error
  }
}

function notSent(reason: string, message: string): ApplyResult {
  return { kind: 'not-sent', reason, message }
}

/**
 * Whether an error tells that nothing left this machine, so that there is no outcome to find out: the target's
 * circuit was open, or a secret was missing.
 */
export function wasNotSent(error: unknown): boolean {
  if (isOfSecrets(error)) return true
  return isModelspineError(error) && error.details.sent === false
}

export function isOfSecrets(error: unknown): error is ModelspineError {
  return isModelspineError(error, 'secret-not-found') || isModelspineError(error, 'secret-unavailable')
}

/**
 * The ledger entry that is written before an effect is sent. `before` is the entry at the same target. When the same effect is sent again, after a
 * crash, a lost answer or a busy target, it is the same operation. It is another one after a failure, and when
 * a create is sent once more because the target lost the first.
 */
export function ledgerEntry(
  { kind, change, revision }: Effect,
  before: LedgerEntry | undefined,
  requested: RequestedChange | undefined,
  fence: number,
  clock: Clock,
): LedgerEntry {
  const again = before?.change === change ? before : undefined
  return {
    operationId: operationIdOf(kind, again, requested) ?? clock.id(),
    kind,
    change,
    sinceMs: again?.sinceMs ?? clock.now(),
    fence,
    ...(revision !== undefined && { revision }),
  }
}

function operationIdOf(
  kind: EffectKind,
  again: LedgerEntry | undefined,
  requested: RequestedChange | undefined,
): string | undefined {
  if (kind === 'create' && requested?.accepted === true) return undefined
  if (requested?.operationId !== undefined) return requested.operationId
  return requested?.failed === undefined ? again?.operationId : undefined
}
