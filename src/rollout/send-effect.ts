import { isModelspineError, ModelspineError } from '../errors.ts'
import type { LedgerEntry } from '../resources/deployment-status.ts'
import type { Key } from '../resources/metadata.ts'
import type { ApplyResult, DeploymentTarget, ObservedTarget } from '../target/contract.ts'
import type { Effect } from './decision.ts'
import type { ReconcileContext, ReconcilerOptions } from './reconciler-options.ts'

/** An effect is not begun with less of the lease's life than this: the call could land after another took over. */
const leastLifeMs = 50

/** Makes the one call of a ledger entry, within what is left of the lease. */
export async function sendEffect(
  { secret }: Pick<ReconcilerOptions, 'secret'>,
  target: DeploymentTarget,
  key: Key,
  effect: Effect,
  entry: LedgerEntry,
  observed: ObservedTarget,
  { held, abort }: ReconcileContext,
): Promise<ApplyResult> {
  const lifeMs = held.remainingMs()
  if (lifeMs < leastLifeMs) {
    throw new ModelspineError('fence-stale', `the lease ends in ${Math.max(0, lifeMs)} ms; nothing was sent`)
  }
  const options = { operationId: entry.operationId, fence: entry.fence, abort }
  if (effect.want === undefined) return target.destroy(key, options)
  const plan = target.plan(effect.want, observed)
  if (plan.kind === 'refused') return plan
  try {
    return await target.apply(key, effect.want, {
      ...options,
      ...(observed.etag !== undefined && { ifMatch: observed.etag }),
      secret: (reference) => secret(reference, abort),
    })
  } catch (error) {
    if (isModelspineError(error, 'target-refused')) {
      return { kind: 'refused', reason: 'TargetRefused', message: error.message }
    }
    throw error
  }
}
