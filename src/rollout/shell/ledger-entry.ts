import type { Clock } from '../../clock.ts'
import type { LedgerEntry } from '../../resources/deployment/deployment-status.ts'
import type { Effect } from '../machine/machine-types.ts'

/** What is written before an effect is sent. The same effect, sent again after a crash or a lost answer, is the same operation. */
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
