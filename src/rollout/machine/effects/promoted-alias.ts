import type { DeploymentStatus, PromotedAlias } from '../../../resources/deployment/deployment-status.ts'
import type { RolloutEvent } from '../machine-types.ts'
import { heldRevision } from '../status-edits.ts'
import type { BlindContext } from '../transition.ts'

const firstRetryMs = 1000
const longestRetryMs = 300_000

export interface AliasDue {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
  /** To be set now. */
  readonly alias?: PromotedAlias
  /** When to ask the registry again. */
  readonly atMs?: number
}

/**
 * The alias that is due at the registry. It is asked for once for each revision that becomes stable. Whoever moves
 * the alias afterwards is not overruled.
 */
export function promotedAlias({ declared, now }: BlindContext, before: DeploymentStatus): AliasDue {
  const status = asked(declared.spec.onPromoted?.setAlias, before, now)
  const { alias } = status
  if (alias === undefined || alias.setMs !== undefined || alias.revision !== status.stable) {
    return { status, events: [] }
  }
  const events = status === before ? [] : [requestedEvent(alias)]
  const { notBeforeMs = 0 } = alias
  return now < notBeforeMs ? { status, events, atMs: notBeforeMs } : { status, events, alias }
}

function asked(wanted: string | undefined, status: DeploymentStatus, now: number): DeploymentStatus {
  const { alias: known, ...rest } = status
  if (wanted === undefined) return known === undefined ? status : rest
  const { rollout, stable } = status
  const isDone = rollout.phase === 'converged' || rollout.phase === 'retiring'
  if (stable === undefined || !isDone || rollout.revision !== stable) return status
  if (known?.revision === stable && known.alias === wanted) return status
  const { model, adopted } = heldRevision(status, stable)
  if (adopted === true) return status
  const { registry, name, version } = model
  const alias = { revision: stable, registry, model: name, version, alias: wanted, sinceMs: now }
  return { ...rest, alias }
}

/** The alias with a call that is about to be sent. */
export function withCall(alias: PromotedAlias, fence: number): PromotedAlias {
  return { ...alias, fence }
}

/** The status after the registry set the alias. */
export function aliasSet(status: DeploymentStatus, alias: PromotedAlias, nowMs: number): AliasDue {
  const { notBeforeMs: _, failed: __, ...rest } = alias
  return {
    status: { ...status, alias: { ...rest, setMs: nowMs } },
    events: [{ action: 'alias-set', details: detailsOf(alias) }],
  }
}

export interface AliasFailure {
  readonly reason: string
  readonly message: string
  /** Whether the same call may succeed soon. */
  readonly retryable: boolean
  readonly retryAfterMs?: number | undefined
}

/** The status after the registry failed. It is asked again, ever more rarely, and rarely at once after a refusal. */
export function aliasFailed(
  status: DeploymentStatus,
  alias: PromotedAlias,
  { reason, message, retryable, retryAfterMs = 0 }: AliasFailure,
  nowMs: number,
): DeploymentStatus {
  const times = (alias.failed?.times ?? 0) + 1
  const growing = firstRetryMs * 2 ** Math.min(times - 1, 20)
  const waitMs = retryable ? Math.max(growing, retryAfterMs) : longestRetryMs
  const notBeforeMs = nowMs + Math.min(longestRetryMs, waitMs)
  return { ...status, alias: { ...alias, failed: { times, reason, message }, notBeforeMs } }
}

function requestedEvent(alias: PromotedAlias): RolloutEvent {
  return { action: 'alias-requested', details: detailsOf(alias) }
}

function detailsOf({ revision, registry, model, version, alias }: PromotedAlias): RolloutEvent['details'] {
  return { revision, registry, model, version, alias }
}
