import { isModelspineError, ModelspineError } from '../errors.ts'
import type { LedgerEntry } from '../resources/deployment-status.ts'
import type { Key } from '../resources/metadata.ts'
import type { Secret } from '../security/contract.ts'
import { scrubError } from '../security/scrub-secrets.ts'
import type { ApplyResult, DeploymentTarget, ObservedTarget } from '../target/contract.ts'
import type { Effect } from './decision.ts'
import type { ReconcileContext, ReconcilerOptions } from './reconciler-options.ts'

/** An effect is not begun with less of the lease's life than this: the call could land after another took over. */
const leastLifeMs = 50

export interface Sending {
  readonly key: Key
  readonly effect: Effect
  readonly entry: LedgerEntry
  readonly observed: ObservedTarget
  readonly handles: readonly string[]
}

/** Makes the one call of a ledger entry, within what is left of the lease. */
export async function sendEffect(
  { secret }: Pick<ReconcilerOptions, 'secret'>,
  target: DeploymentTarget,
  { key, effect, entry, observed, handles }: Sending,
  { held, abort }: ReconcileContext,
): Promise<ApplyResult> {
  const lifeMs = held.remainingMs()
  if (lifeMs < leastLifeMs) {
    throw new ModelspineError('fence-stale', `the lease ends in ${Math.max(0, lifeMs)} ms; nothing was sent`)
  }
  const options = { operationId: entry.operationId, fence: entry.fence, handles, abort }
  if (effect.want === undefined) return target.destroy(key, options)
  const plan = target.plan(effect.want, observed)
  if (plan.kind === 'refused') return plan
  // What the target may quote back to us must not carry a secret into a status or a log.
  const revealed: Secret[] = []
  try {
    return await target.apply(key, effect.want, {
      ...options,
      ...(observed.etag !== undefined && { ifMatch: observed.etag }),
      secret: async (reference) => {
        const value = await secret(reference, abort)
        revealed.push(value)
        return value
      },
    })
  } catch (thrown) {
    const error = scrubError(thrown, revealed)
    if (isModelspineError(error, 'target-refused')) {
      return { kind: 'refused', reason: 'TargetRefused', message: error.message }
    }
    throw error
  }
}
