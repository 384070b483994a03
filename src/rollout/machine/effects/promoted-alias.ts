import type { DeploymentStatus, PromotedAlias } from '../../../resources/deployment/deployment-status.ts'
import { withAliasFact } from '../conditions.ts'
import type { RolloutEvent } from '../machine-types.ts'
import { heldRevision } from '../status-edits.ts'
import type { BlindContext, Context } from '../transition.ts'

export interface AliasStep {
  readonly status: DeploymentStatus
  readonly events: readonly RolloutEvent[]
}

export interface AliasDue extends AliasStep {
  /** What the registry has not taken yet. */
  readonly alias?: PromotedAlias
}

/**
 * The alias that is due at the registry. It is asked for once for each stable revision, and once when it is
 * declared. Whoever moves the alias afterwards is not overruled. Without a fresh look, nothing new is asked for.
 */
export function promotedAlias(
  { declared, now }: BlindContext,
  context: Context | undefined,
  before: DeploymentStatus,
): AliasDue {
  const mayAsk = context !== undefined && declared.hindered !== true
  const status = asked(declared.spec.onPromoted?.setAlias, mayAsk, before, now)
  const { alias } = status
  if (alias === undefined) return { status, events: [] }
  const events = alias === before.alias ? [] : [eventOf('alias-requested', alias)]
  const isDue = alias.revision === status.stable && alias.setMs === undefined && alias.movedMs === undefined
  return { status, events, ...(isDue && { alias }) }
}

function asked(
  wanted: string | undefined,
  mayAsk: boolean,
  status: DeploymentStatus,
  now: number,
): DeploymentStatus {
  const { alias: known, ...rest } = status
  if (wanted === undefined) return known === undefined ? status : rest
  const { stable } = status
  if (!mayAsk || stable === undefined) return status
  if (known?.revision === stable && known.alias === wanted) return status
  const { model, adopted } = heldRevision(status, stable)
  // Of a revision that was found at the target, nobody knows the version.
  if (adopted === true) return known === undefined ? status : rest
  const { registry, name, version } = model
  const alias = { revision: stable, registry, model: name, version, alias: wanted, sinceMs: now }
  return { ...rest, alias }
}

/** What the registry answered, or showed. */
export type AliasAnswer =
  | { readonly kind: 'set' }
  /** Somebody moved it while the outcome of an earlier call was not known. */
  | { readonly kind: 'moved' }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly message: string
      /** The call has certainly changed nothing. */
      readonly untouched: boolean
    }

/** The status after an answer. Another alias may be wanted by now; then the answer says nothing. */
export function aliasAnswered(
  status: DeploymentStatus,
  sent: PromotedAlias,
  answer: AliasAnswer,
  nowMs: number,
): AliasStep {
  const { alias } = status
  if (alias === undefined || !isSame(alias, sent)) return { status, events: [] }
  const { failed: _, call, ...rest } = alias
  if (answer.kind === 'failed') {
    const { reason, message, untouched } = answer
    const open = call !== undefined && !untouched
    const known = { ...rest, ...(open && { call }), failed: { reason, message } }
    return { status: withAliasFact({ ...status, alias: known }, nowMs), events: [] }
  }
  const ended = answer.kind === 'set' ? { setMs: nowMs } : { movedMs: nowMs }
  const event = eventOf(answer.kind === 'set' ? 'alias-set' : 'alias-moved', alias)
  return { status: withAliasFact({ ...status, alias: { ...rest, ...ended } }, nowMs), events: [event] }
}

export function isSame(one: PromotedAlias, other: PromotedAlias): boolean {
  return one.revision === other.revision && one.alias === other.alias
}

function eventOf(
  action: 'alias-requested' | 'alias-set' | 'alias-moved',
  { revision, registry, model, version, alias }: PromotedAlias,
): RolloutEvent {
  return { action, details: { revision, registry, model, version, alias } }
}
