import type { FieldPath } from '../../problems/field-path.ts'
import type { OperationName } from '../../route/model-route.ts'
import type { Ledger } from '../ledger.ts'
import { quoted } from '../secret-values.ts'
import type { LitellmFallbacks } from './fallbacks.ts'
import { askable, operationOf } from './operations.ts'
import { distinct, levelsOf, type Placed, type Placing } from './placing.ts'

export interface PlacedFallback {
  /** The fields that name it. */
  readonly paths: readonly FieldPath[]
  readonly placed: readonly Placed[]
}

/** The backends of a group's fallbacks, those that can do what the group is asked. */
export function placedFallbacks(
  group: string,
  operations: readonly OperationName[],
  fallbacks: LitellmFallbacks,
  placing: Placing,
  ledger: Ledger,
): readonly PlacedFallback[] {
  return fallbacks.chainOf(group).flatMap((fallback): readonly PlacedFallback[] => {
    const { name, paths } = fallback
    const path = paths[0] ?? []
    const able = askable(fallback.members, ledger).filter((member) => {
      const operation = operationOf(member)
      return operation !== undefined && operations.includes(operation)
    })
    if (able.length === 0) {
      ledger.leave(path, [
        `${quoted(name)} cannot do what ${quoted(group)} is asked: ${operations.join(', ')}`,
      ])
      return []
    }
    if (operations.includes('embed')) {
      ledger.leave(path, [
        `a fallback for ${quoted(group)}, which embeds: vectors of two models cannot be compared`,
        'Keep it only if both are the same model.',
      ])
    }
    const shares = levelsOf(able).some(
      (level) => distinct(placing.place(level).filter(({ weight }) => weight > 0)).length > 1,
    )
    if (shares) {
      ledger.leave(path, [
        `the deployments of ${quoted(name)} are asked in their order as fallbacks, not by weight`,
      ])
    }
    return [{ paths, placed: placing.inOrder(able) }]
  })
}
