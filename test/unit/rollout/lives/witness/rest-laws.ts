import type { Result } from '../../../../../src/reconcile/result.ts'
import { conditionOf } from '../../../../../src/resources/deployment/condition.ts'
import { here } from '../../../../status.ts'
import type { Run } from '../run.ts'
import { law } from './law.ts'
import { printed, type Written } from './written.ts'

/** Law 4, for a write. */
export function checkReason({ run, before, after, events }: Written): void {
  if (before.rollout.phase !== 'converged' || after.rollout.phase !== 'converged') return
  // A repair is under way.
  const isRepaired = [before, after].some(({ placements }) =>
    placements.some(({ role, requested }) => role === 'leaving' || requested.length > 0),
  )
  if (isRepaired || run.sent.length > 0) return
  law(events.length === 0, 'law 4: something happens to a converged deployment')
}

/** Law 4, for a look as a whole. */
export function checkPace(run: Run, result: Result): void {
  if (result.kind !== 'requeue') return
  law(result.afterMs >= 0, 'nothing is due in the past')
  law(
    result.afterMs > 0 || run.writes > 0 || run.sent.length > 0 || run.conflicted || run.known !== run.read,
    () => `law 4: looks again at once, without any change: ${run.status && printed(run.status)}`,
  )
}

/** Checks that the status tells people the truth. */
export function checkTruth({ after, desired, spec, observed }: Written): void {
  const { rollout, stable, conditions } = after
  if (observed === undefined) return
  const ready = conditionOf(conditions, 'Ready')?.status === 'True'
  const wanted = desired !== undefined && desired === stable
  const there = spec.target.name === here(after).target
  law(!ready || (wanted && there), 'Ready means that the declared revision serves at the declared target')
  law(
    rollout.phase !== 'converged' || wanted || !there,
    () => `converged on an undeclared revision: ${printed(after)}`,
  )
}
