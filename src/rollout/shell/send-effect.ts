import type { Clock } from '../../clock.ts'
import type { ApplyResult, DeploymentTarget, ObservedTarget } from '../../deployment-target/contract.ts'
import { isModelspineError, ModelspineError } from '../../errors.ts'
import type { HeldLease } from '../../reconcile/lease-term.ts'
import type { LedgerEntry } from '../../resources/deployment/deployment-status.ts'
import type { Key } from '../../resources/metadata.ts'
import type { Effect } from '../machine/machine-types.ts'
import type { ReconcileContext, ReconcilerOptions } from './reconciler-options.ts'

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
}

/**
 * Makes the one call of a ledger entry, if the lease still has enough time. Secrets are removed from the
 * target's answer.
 */
export async function sendEffect(
  { secret, knownSecrets }: Pick<ReconcilerOptions, 'secret' | 'knownSecrets'>,
  target: DeploymentTarget,
  { key, effect, entry, observed, handles }: Sending,
  { held, abortSignal }: ReconcileContext,
): Promise<ApplyResult> {
  if (isEnding(held)) {
    throw new ModelspineError('aborted', `the lease ends in ${held.remainingMs()} ms; nothing was sent`)
  }
  const options = { operationId: entry.operationId, fence: entry.fence, handles, abortSignal }
  try {
    if (effect.want === undefined) return await target.destroy(key, options)
    const plan = target.plan(effect.want, observed)
    if (plan.kind === 'refused') return plan
    const result = await target.apply(key, effect.want, {
      ...options,
      ...(observed.etag !== undefined && { ifMatch: observed.etag }),
      secret: async (reference) => {
        const value = await secret(reference, abortSignal)
        knownSecrets.add(key, reference, value)
        return value
      },
    })
    return result.kind === 'refused'
      ? refused(result.reason, knownSecrets.scrubText(key, result.message))
      : result
  } catch (thrown) {
    const error = knownSecrets.scrubError(key, thrown)
    if (isModelspineError(error, 'target-refused')) return refused('TargetRefused', error.message)
    throw error
  }
}

function refused(reason: string, message: string): ApplyResult {
  return { kind: 'refused', reason, message }
}

/**
 * The ledger entry that is written before an effect is sent. When the same effect is sent again, after a
 * crash or a lost answer, it is the same operation.
 */
export function ledgerEntry(
  { kind, change, revision }: Effect,
  before: LedgerEntry | undefined,
  fence: number,
  clock: Clock,
): LedgerEntry {
  const again = before?.change === change ? before : undefined
  return {
    operationId: again?.operationId ?? clock.id(),
    kind,
    change,
    sinceMs: again?.sinceMs ?? clock.now(),
    fence,
    ...(revision !== undefined && { revision }),
  }
}
