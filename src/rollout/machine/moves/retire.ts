import type { DeploymentStatus, Rollout } from '../../../resources/deployment/deployment-status.ts'
import { servingRevisions, withServingRevisions } from '../status-edits.ts'
import { type Context, enter, routersKnowAtMs, stay, type Transition } from '../transition.ts'

type Retiring = Extract<Rollout, { phase: 'retiring' }>

/**
 * Keeps the replaced revision until `untilMs`, and until every router knows that it has no traffic, then removes
 * it. Converges when the target no longer shows it.
 */
export function retire(context: Context, status: DeploymentStatus, rollout: Retiring): Transition {
  const { declared, observed, now } = context
  const { revision, untilMs } = rollout
  if (declared.desired?.name !== revision) return enter(status, { phase: 'pending', sinceMs: now })
  const revisions = servingRevisions(status)
  const others = revisions.filter((each) => each.revision !== revision)
  if (others.length > 0) {
    const atMs = Math.max(untilMs, routersKnowAtMs(context, status))
    if (now < atMs) return stay(status, context, atMs)
    const kept = revisions.filter((each) => each.revision === revision)
    return { status: withServingRevisions(status, kept), events: [], requeueAfterMs: 0 }
  }
  if (observed.revisions.some((each) => each.revision !== revision)) return stay(status, context)
  return enter(status, { phase: 'converged', revision, sinceMs: now })
}
