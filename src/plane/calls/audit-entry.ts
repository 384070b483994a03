import type { Actor } from '../../resources/metadata.ts'
import { boundedEntry } from '../../security/bounded-entry.ts'
import type { AuditEntry } from '../../security/contract.ts'
import type { UncommittedObject } from '../../store/contract.ts'
import type { ControlContext } from '../control-context.ts'
import type { PlaneAction } from '../events.ts'

/** The audit entry of what a call did to a stored object. */
export function entryOf(
  { clock }: Pick<ControlContext, 'clock'>,
  stored: UncommittedObject,
  action: PlaneAction,
  actor: Actor,
  details: Readonly<Record<string, unknown>>,
): AuditEntry {
  const { kind, key, uid, generation } = stored
  return boundedEntry({
    id: clock.id(),
    atMs: clock.now(),
    actor,
    action,
    kind,
    key,
    uid,
    generation,
    details,
  })
}
